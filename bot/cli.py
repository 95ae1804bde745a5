"""`civility`: the commands, each loaded when it is called."""

import importlib
from pathlib import Path
from typing import Any, NamedTuple

import click


class Place(NamedTuple):
    """Where a command is defined, and its line in the list of commands, which loads none of them."""

    module: str
    name: str
    summary: str


COMMANDS = {
    "ask": Place("bot.commands.rules", "ask", "The answer that a resident would get."),
    "backup": Place("bot.commands.operation", "backup", "Write everything worth keeping to a file."),
    "calendar": Place("bot.commands.campaigns", "calendar", "Festivals and campaign days of a year."),
    "campaign": Place("bot.commands.campaigns", "campaign", "Festival pushes."),
    "demo": Place("bot.commands.demo", "demo", "The whole product with sample content; needs no config."),
    "doctor": Place("bot.commands.operation", "doctor", "Check the installation; say what to do."),
    "erase": Place("bot.commands.operation", "erase", "Forget a person, or the answers of a wave."),
    "migrate": Place("bot.commands.operation", "migrate", "Bring the database to this program's tables."),
    "restore": Place("bot.commands.operation", "restore", "Fill the database from a backup."),
    "rules": Place("bot.commands.rules", "rules", "The texts that answers come from."),
    "serve": Place("bot.commands.operation", "serve", "Run the service from the config."),
    "staff": Place("bot.commands.staff", "staff", "Accounts for the office."),
    "survey": Place("bot.commands.survey", "survey", "Questionnaires, waves, rates."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        place = COMMANDS[cmd_name]
        command: Any = getattr(importlib.import_module(place.module), place.name)
        assert isinstance(command, click.Command)  # noqa: S101
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from their summaries alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`civility COMMAND --help` says more. Start with `civility demo`.",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The config file; default: config.toml if present.",
)
def main(config_file: Path | None) -> None:
    """The service behind a county civility office's WeChat account."""
