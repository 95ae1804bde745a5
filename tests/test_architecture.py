"""The house rules that a reader relies on without looking."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bot import migrate
from tests.schema import ROOT, declared_tables, module_name, sources

IMPURE = {"sqlalchemy", "aiohttp", "apscheduler", "aiosqlite", "asyncpg"}

PURE = (
    "bot.waves.arrivals",
    "bot.chat.choosing",
    "bot.chat.conversation",
    "bot.effect.document",
    "bot.effect.readership",
    "bot.wechat.figures",
    "bot.chat.situation",
    "bot.chat.survey_talk",
    "bot.inquiries.helping",
    "bot.chat.interviewing",
    "bot.waves.invitations",
    "bot.waves.panel_words",
    "bot.chat.own_data",
    "bot.chat.tying",
    "bot.outbox.publications",
    "bot.pushes.run_refusals",
    "bot.web.field_form",
    "bot.wechat.callback",
    "bot.wechat.incoming",
    "bot.wechat.replies",
    "content.activities",
    "content.autoreply",
    "content.audience",
    "content.campaign",
    "content.checks",
    "content.collisions",
    "content.deadlines",
    "content.passages",
    "content.events",
    "content.festivals",
    "content.holidays",
    "content.images",
    "content.indicator_reading",
    "content.indicators",
    "content.ledger",
    "content.picturing",
    "content.planning",
    "content.suggesting",
    "content.wording",
    "content.rules.answer",
    "content.rules.company",
    "content.rules.complaining",
    "content.rules.document",
    "content.rules.following",
    "content.rules.gates",
    "content.rules.office_gates",
    "content.rules.presence",
    "content.rules.punishing",
    "content.rules.search",
    "content.rules.signs",
    "content.rules.topic",
    "surveys.ages",
    "surveys.answers",
    "surveys.naming",
    "surveys.cells",
    "surveys.coding",
    "surveys.columns",
    "surveys.condition_words",
    "surveys.rule_words",
    "surveys.meanings",
    "surveys.margins",
    "surveys.lint_rates",
    "surveys.leagues",
    "surveys.judging",
    "surveys.indicator",
    "surveys.estimated",
    "surveys.drawn",
    "surveys.document",
    "surveys.composites",
    "surveys.comparisons",
    "surveys.counting",
    "surveys.condition_reading",
    "surveys.crosstabs",
    "surveys.decoding",
    "surveys.design",
    "surveys.estimates",
    "surveys.fieldwork",
    "surveys.interview",
    "surveys.intervals",
    "surveys.outcomes",
    "surveys.contradicting",
    "surveys.questionnaire",
    "surveys.rates",
    "surveys.sizing",
    "surveys.integrity",
    "surveys.paired",
    "surveys.returns",
    "surveys.sources",
    "surveys.subsets",
    "surveys.terms",
    "surveys.waiting",
    "surveys.weighting",
)

PURE_FUNCTIONS = {"respondent_key"}  # beside a table, but touching nothing
READS_THE_CLOCK = {"bot/app.py", "bot/simulator/__main__.py"}  # the simulator may not import bot/app.py
MEASURES_DURATIONS = {"bot/metrics.py", "bot/limits.py", "bot/web/webhook.py"}
PRINTS = ("bot/cli.py", "bot/commands/", "bot/demo")
WRITES_TABLES = ("surveys/export/", "surveys/importing/", "content/importing/")

CLOCK = re.compile(
    r"\b(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|localtime|gmtime|ctime)|datetime\.datetime\.now)\b"
)
STOPWATCH = re.compile(r"\btime\.(monotonic|perf_counter)(_ns)?\b")
LOGGERS = {"log", "LOG", "logger", "_log"}
LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log"}


def path(file: Path) -> str:
    """`bot/app.py`."""
    return file.relative_to(ROOT).as_posix()


@cache
def tree(file: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


@cache
def nodes(file: Path) -> list[ast.AST]:
    """Everything in the file."""
    return list(ast.walk(tree(file)))


@pytest.fixture(autouse=True, scope="module")
def trees_let_go() -> Iterator[None]:
    """Half a million nodes, which every later search for garbage would go through."""
    yield
    nodes.cache_clear()
    tree.cache_clear()


@cache
def modules() -> dict[str, Path]:
    """The file of each module."""
    return {module_name(file): file for file in sources()}


@cache
def imports(file: Path) -> list[tuple[str, str]]:
    """(module, name or "") of every import, the lazy ones and those for types only included."""
    found = []
    for node in nodes(file):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path(file)}:{node.lineno} imports relatively"
            found += [(node.module or "", alias.name) for alias in node.names]
    return found


@cache
def modules_used(file: Path) -> set[str]:
    """The modules that a file imports, `from a import b` as a.b where that is a module."""
    known = modules()
    return {f"{module}.{name}" if f"{module}.{name}" in known else module for module, name in imports(file)}


@cache
def types_of_tables(file: Path) -> set[str]:
    """The modules with tables of which a file takes nothing but values: frozen rows, and how to name one.

    Several files around their tables are one package, which hands out the rows.
    """
    with_tables = {*migrate.TABLE_MODULES, *(one.removesuffix(".table") for one in migrate.TABLE_MODULES)}
    taken: dict[str, list[str]] = {}
    for module, name in imports(file):
        if module in with_tables:
            taken.setdefault(module, []).append(name)
    return {
        module
        for module, names in taken.items()
        if all(name[:1].isupper() or name in PURE_FUNCTIONS for name in names)
    }


def test_the_packages_know_each_other_in_one_direction_only() -> None:
    """In a process of its own: import-linter silences every logger of the process it runs in."""
    call = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", call], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_table_is_declared_once_and_listed() -> None:
    declared = declared_tables()
    assert {name: files for name, files in declared.items() if len(files) > 1} == {}
    modules = {module_name(files[0]) for files in declared.values()}
    assert set(migrate.TABLE_MODULES) == modules


def test_a_table_is_used_only_where_it_is_declared() -> None:
    variables: dict[str, set[str]] = {}
    for files in declared_tables().values():
        for node in tree(files[0]).body:
            value = getattr(node, "value", None)
            called = (
                isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "Table"
            )
            if called and isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                variables.setdefault(module_name(files[0]), set()).add(node.targets[0].id)
    wrong = []
    for file in sources():
        aliases = {}
        for module, name in imports(file):
            # A table that needs more than one file has a package of its own, whose files share it.
            if module_name(file).rpartition(".")[0] == module.removesuffix(".table"):
                continue
            if name in variables.get(module, ()):
                wrong.append(f"{path(file)} imports the table {module}.{name}")
            if f"{module}.{name}" in variables:
                aliases[name] = variables[f"{module}.{name}"]
        for node in nodes(file):
            owner = node.value if isinstance(node, ast.Attribute) else None
            if isinstance(owner, ast.Name) and node.attr in aliases.get(owner.id, ()):
                wrong.append(f"{path(file)}:{owner.lineno} uses the table {owner.id}.{node.attr}")
    assert wrong == []


def test_pure_modules_reach_no_database_network_or_scheduler() -> None:
    files = modules()
    assert set(PURE) <= set(files), "a module that must be pure is gone or has another name"
    for start in PURE:
        reached, waiting = {start}, [start]
        while waiting:
            file = files[waiting.pop()]
            for used in modules_used(file) - types_of_tables(file):
                assert used.partition(".")[0] not in IMPURE, f"{start} reaches {used}"
                if used in files and used not in reached:
                    reached.add(used)
                    waiting.append(used)


def test_only_bot_wechat_knows_wechatpy() -> None:
    users = {path(file) for file in sources() for module, _ in imports(file) if module.startswith("wechatpy")}
    assert {one for one in users if not one.startswith("bot/wechat/")} == set()


def test_the_simulator_shares_nothing_with_what_it_checks() -> None:
    for file in (ROOT / "bot" / "simulator").rglob("*.py"):
        shared = {used for used in modules_used(file) if used.startswith(("bot.wechat", "wechatpy"))}
        assert shared == set(), path(file)


def test_only_the_composition_root_reads_the_clock() -> None:
    wrong = []
    for file in sources():
        text = file.read_text(encoding="utf-8")
        if path(file) not in READS_THE_CLOCK:
            wrong += [f"{path(file)}: {found[0]}" for found in CLOCK.finditer(text)]
        if path(file) not in MEASURES_DURATIONS:
            wrong += [f"{path(file)}: {found[0]}" for found in STOPWATCH.finditer(text)]
        if ("time", "time") in set(imports(file)):
            wrong.append(f"{path(file)}: from time import time")
    assert wrong == []


def test_spreadsheets_are_written_in_one_safe_place() -> None:
    users = {
        path(file)
        for file in sources()
        for module, _ in imports(file)
        if module.partition(".")[0] in {"csv", "openpyxl", "xlsxwriter"}
    }
    assert {one for one in users if not one.startswith(WRITES_TABLES)} == set()


def test_only_commands_print() -> None:
    wrong = [
        f"{path(file)}:{node.lineno}"
        for file in sources()
        if not path(file).startswith(PRINTS)
        for node in nodes(file)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert wrong == []


def test_log_messages_are_constants() -> None:
    """Values go into `extra` or the arguments, where the log looks at each; an f-string would hide them."""
    wrong = []
    for file in sources():
        for node in nodes(file):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = node.func.value
            if not (isinstance(owner, ast.Name) and owner.id in LOGGERS and node.func.attr in LEVELS):
                continue
            words = node.args[1:] if node.func.attr == "log" else node.args
            if not words or not isinstance(words[0], ast.Constant):
                wrong.append(f"{path(file)}:{node.lineno}")
    assert wrong == []


def test_the_map_of_the_house_names_only_what_is_there() -> None:
    """A bare file name belongs to the folder of the path before it in the same row."""
    missing = []
    for row in (ROOT / "docs" / "house.md").read_text(encoding="utf-8").splitlines():
        folder = ROOT
        for name in re.findall(r"`([\w./*]+(?:\.py|\.js|/))`", row if row.startswith("|") else ""):
            path = (ROOT if "/" in name.rstrip("/") else folder) / name
            if not any(path.parent.glob(path.name)):
                missing.append(name)
            folder = path if name.endswith("/") else path.parent
    assert missing == []
