"""`civility survey import`, and the question types that can be defined but not asked yet."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot import cli
from bot.web.survey_paper import sheets
from surveys import native
from surveys.lint import blocks, lint_text
from surveys.native import QuestionnaireError

TEXTS = Path(__file__).parent / "data" / "import"


def civility(*words: str | Path) -> Result:
    """One call of the command."""
    return CliRunner().invoke(cli.main, [str(word) for word in words])


def test_a_text_becomes_a_file_that_lint_takes(tmp_path: Path) -> None:
    out = tmp_path / "survey.toml"
    done = civility("survey", "import", TEXTS / "01_word_letters.txt", "-o", out, "--json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["title"] == "柳河县文明创建居民调查问卷"
    first = document["questions"][1]
    assert first["number"] == 1
    assert first["options"][0] == {
        "polarity": None, "score": None, "exclusive": False, "other": False, "code": "1", "label": "男",
    }  # fmt: skip
    assert {"id", "title", "type", "required", "min", "max", "show_if", "metric"} <= set(first)
    assert all(warning["line"] >= 1 and warning["message"] for warning in document["warnings"])
    assert civility("survey", "lint", out).exit_code == 0


def test_every_format_goes_round(tmp_path: Path) -> None:
    source = TEXTS / "05_jumps.txt"
    files = [tmp_path / f"survey.{suffix}" for suffix in ("toml", "xlsx", "txt")]
    assert civility("survey", "import", source, "-o", files[0]).exit_code == 0
    assert civility("survey", "import", files[0], "-o", files[1]).exit_code == 0
    again = tmp_path / "again.toml"
    assert civility("survey", "import", files[1], "-o", again).exit_code == 0
    assert again.read_text("utf-8") == files[0].read_text("utf-8")
    done = civility("survey", "import", files[0], "-o", files[2], "--json")
    assert "没有写进去" in json.loads(done.stdout)["warnings"][-1]["message"]
    assert "[单选题]" in files[2].read_text("utf-8")


def test_what_a_person_sees(tmp_path: Path) -> None:
    done = civility("survey", "import", TEXTS / "03_wjx_export.txt", "-o", tmp_path / "x.toml")
    assert "您希望增加哪些设施？" in done.stdout
    assert "03_wjx_export.txt:29: 按字面建议算进支持率" in done.stderr
    assert "written" in done.stdout


def test_a_bad_file_is_one_line_and_a_bad_name_a_usage_error(tmp_path: Path) -> None:
    broken = tmp_path / "a.docx"
    broken.write_bytes(b"not a package")
    done = civility("survey", "import", broken)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "打不开" in done.stderr
    assert civility("survey", "import", broken, "-o", tmp_path / "a.pdf").exit_code == 2


def test_the_command_loads_no_library_before_it_needs_one() -> None:
    code = (
        "import sys, bot.commands.survey, surveys.importing.reading;"
        "import surveys.importing.xlsform_writing;"
        "sys.exit(any(name in sys.modules for name in ('docx', 'openpyxl', 'lxml', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


HEAD = 'id = "q"\ntitle = "问卷"\nconsent = "自愿、匿名。"\n'
OPTIONS = 'options = [{code = "1", label = "好"}, {code = "2", label = "差"}]\n'
MATRIX = OPTIONS + 'rows = [{code = "a", label = "路"}, {code = "b", label = "灯"}]\n'
NEW = {"matrix": MATRIX, "number": "min = 0\nmax = 120\n", "ranking": OPTIONS, "date": "", "community": ""}


def one(kind: str, rest: str) -> str:
    """A file with one question."""
    return f'{HEAD}[[question]]\nid = "a"\ntype = "{kind}"\ntitle = "题"\n{rest}'


@pytest.mark.parametrize("kind", NEW)
def test_every_type_is_defined_shown_and_published(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = one(kind, NEW[kind])
    questionnaire, findings = lint_text(text)
    assert questionnaire is not None
    assert native.parse(native.to_toml(questionnaire)) == questionnaire
    assert not blocks(findings)
    assert sheets(questionnaire, findings)[0].kind
    file = tmp_path / "q.toml"
    file.write_text(text, encoding="utf-8")
    assert civility("survey", "publish", file).exit_code == 0


@pytest.mark.parametrize(
    ("kind", "rest", "words"),
    [
        ("matrix", OPTIONS, "矩阵题要有各行"),
        ("single", MATRIX, "矩阵题要有各行"),
        ("matrix", 'rows = [{code = "a", label = "路"}]\n', "至少要有两个选项"),
        ("matrix", OPTIONS + 'rows = [{code = "a", label = "路"}, {code = "a", label = "灯"}]\n', "每行不同"),
        ("number", "min = 5\nmax = 1\n", "最小的数比最大的数大"),
        ("date", OPTIONS, "这种题没有选项"),
        ("ranking", OPTIONS + "max = 3\n", "1 到选项个数之间"),
        ("matrix", MATRIX + '[[indicator]]\nid = "i"\nquestion = "a"\n', "请写明哪一行"),
        (
            "number",
            '[[question]]\nid = "b"\ntype = "text"\ntitle = "题"\nshow_if = {question = "a", in = ["1"]}\n',
            "只能看选择题和量表题",
        ),
    ],
)
def test_the_new_types_are_checked(kind: str, rest: str, words: str) -> None:
    with pytest.raises(QuestionnaireError, match=words):
        native.parse(one(kind, rest))


def test_a_mistyped_key_of_a_row_is_named() -> None:
    data = native.load(one("matrix", MATRIX.replace('label = "路"', 'label = "路", note = 1')))
    assert list(native.unknown_keys(data)) == [("a", "note")]
