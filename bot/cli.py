"""`civility`: the commands, each loaded when it is called."""

import importlib
from pathlib import Path
from typing import Any

import click

COMMANDS = {
    "ask": ("bot.commands.rules", "ask"),
    "backup": ("bot.commands.operation", "backup"),
    "calendar": ("bot.commands.campaigns", "calendar"),
    "campaign": ("bot.commands.campaigns", "campaign"),
    "demo": ("bot.commands.demo", "demo"),
    "doctor": ("bot.commands.operation", "doctor"),
    "erase": ("bot.commands.operation", "erase"),
    "migrate": ("bot.commands.operation", "migrate"),
    "restore": ("bot.commands.operation", "restore"),
    "rules": ("bot.commands.rules", "rules"),
    "serve": ("bot.commands.operation", "serve"),
    "staff": ("bot.commands.staff", "staff"),
    "survey": ("bot.commands.survey", "survey"),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, for the help text."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command: Any = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The config file; default: config.toml if present.",
)
def main(config_file: Path | None) -> None:
    """The service behind a county civility office's WeChat account."""
