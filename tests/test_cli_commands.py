"""Each command's work, and the shape of what it reports."""

import asyncio
import json
import re
import shutil
import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.database import Database
from content import acts
from content.campaign import Content
from surveys import store, waves
from surveys.questionnaire import Answer
from tests.command_line import (
    QUESTIONNAIRE,
    RULES,
    TITLE,
    Civility,
    document,
    enter,
    migrated_database,
    problem,
    run,
    write,
)

RATE = {
    "indicator", "question", "rule", "dont_know_rule", "group", "n", "numerator", "denominator", "dont_know",
    "rate", "interval", "interval_method", "suppressed", "weighted",
}  # fmt: skip
ANSWER = {"question", "outcome", "reply", "citations", "candidates", "confidence"}
OUTCOMES = {"answered", "choices", "unknown", "handed_over", "emergency", "small_talk", "declined"}


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database to copy."""
    return migrated_database(tmp_path_factory.mktemp("migrated"))


@pytest.fixture
def civility(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Civility:
    """`civility` in a folder with a migrated civility.db and nothing else."""
    enter(tmp_path, monkeypatch)
    shutil.copy(migrated, tmp_path / "civility.db")
    return run


def test_rules_import(civility: Civility) -> None:
    text = write("a.txt", RULES)
    lines = [
        {"document": "河口市规定", "article": "第三条", "text": "可以在河边钓鱼。", "more": 1},
        {"document": "河口市规定", "article": "第三条之一", "text": "不得在桥上钓鱼。"},
    ]
    articles = write("b.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    imported = document(civility("rules", "import", text, articles, "--json"))
    first, second = imported["documents"]
    assert {key: first[key] for key in ("file", "title", "chapters", "articles", "warnings")} == {
        "file": "a.txt", "title": TITLE, "chapters": 0, "articles": 4, "warnings": [],
    }  # fmt: skip
    assert second["articles"] == 2
    assert all(set(one) == {"line", "message"} for one in second["warnings"])

    listed = document(civility("rules", "list", "--json"))["documents"]
    assert [(one["title"], one["articles"]) for one in listed] == [(TITLE, 4), ("河口市规定", 2)]
    shown = document(civility("rules", "show", f"《{TITLE}》", "2", "--json"))
    assert shown == {
        "document": TITLE, "article": 2, "label": "第二条", "text": "遛狗应当牵绳，不得让狗进入市场。",
    }  # fmt: skip
    by_label = document(civility("rules", "show", "河口市规定", "第三条之一", "--json"))
    assert (by_label["article"], by_label["label"]) == (3, "第三条之一")
    with sqlite3.connect("civility.db") as database:
        audited = database.execute("SELECT action, object FROM audit").fetchall()
    database.close()
    assert set(audited) == {("导入规范", TITLE), ("导入规范", "河口市规定")}


def test_the_plain_article_comes_before_the_inserted_one(civility: Civility) -> None:
    labels = ("第三条之一", "第三条")
    lines = [json.dumps({"document": "某规定", "article": label, "text": label}) for label in labels]
    civility("rules", "import", write("b.jsonl", "\n".join(lines)))
    assert document(civility("rules", "show", "某规定", "3", "--json"))["label"] == "第三条"


def test_a_new_version_shows_what_it_changes(civility: Civility) -> None:
    first = document(civility("rules", "import", write("a.txt", RULES), "--json"))["documents"][0]
    assert first["changes"] is None
    later = write("b.txt", RULES.replace("五十元", "一百元"))
    second = document(civility("rules", "import", later, "--json"))["documents"][0]
    assert second["changes"]["unchanged"] == 3
    (changed,) = second["changes"]["articles"]
    assert (changed["kind"], changed["old"], changed["new"]) == ("changed", "第三条", "第三条")
    assert "[-五十-]{+一百+}元" in changed["marked"]
    again = civility("rules", "import", later)
    assert "changed" not in again.stdout


def test_a_text_without_articles_is_refused_by_its_name(civility: Civility) -> None:
    good, bad = write("a.txt", RULES), write("empty.txt", "随便写写。")
    assert "empty.txt" in problem(civility("rules", "import", good, bad, "--json"))
    assert document(civility("rules", "list", "--json")) == {"documents": []}


def test_what_is_not_in_force_cannot_be_shown(civility: Civility) -> None:
    assert "rules list" in problem(civility("rules", "show", TITLE, "2"))


def test_teaching(civility: Civility) -> None:
    civility("rules", "import", write("a.txt", RULES))
    good = {"q": "牵狗的绳子", "document": TITLE, "article": "第二条"}
    absent = {"q": "别的", "document": TITLE, "article": "第九十条"}
    file = write("taught.jsonl", f"{json.dumps(good)}\n\n{json.dumps(absent)}\n")
    taught = document(civility("rules", "teach", file, "--json"))
    assert taught == {"added": 1, "refused": [absent]}
    assert document(civility("rules", "teach", file, "--json"))["added"] == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("不是 JSON", "not a JSON object"),
        ("[1]", "not a JSON object"),
        ('{"document": "甲", "article": "第一条"}', '"q" is missing'),
        ('{"q": 3}', '"q" is missing'),
    ],
)
def test_a_bad_line_is_named(civility: Civility, line: str, words: str) -> None:
    file = write("lines.jsonl", '{"q": "一", "document": "甲", "article": "第一条"}\n' + line)
    for command in (["ask", "--file", "lines.jsonl"], ["rules", "teach", str(file)]):
        said = problem(civility(*command))
        assert f"lines.jsonl:2: {words}" in said or f"lines.jsonl:2: the key {words}" in said


def test_a_file_that_is_no_text_is_named(civility: Civility) -> None:
    Path("bytes.jsonl").write_bytes(b"\xff\xfe\xfa")
    assert "bytes.jsonl: not UTF-8" in problem(civility("ask", "--file", "bytes.jsonl"))


def test_ask(civility: Civility) -> None:
    civility("rules", "import", write("a.txt", RULES))
    found = document(civility("ask", "遛狗不牵绳罚多少钱", "--top", "3", "--json"))
    assert set(found) >= ANSWER
    assert (found["question"], found["outcome"]) == ("遛狗不牵绳罚多少钱", "answered")
    cited = found["citations"][0]
    assert (cited["document"], cited["article"], cited["label"]) == (TITLE, 3, "第三条")
    assert "处五十元罚款" in found["reply"]
    assert isinstance(found["confidence"], float)
    assert 0 <= found["confidence"] <= 1
    assert 0 < len(found["candidates"]) <= 3
    assert all(set(one) == {"document", "article", "label", "score"} for one in found["candidates"])
    assert civility("ask", "遛狗不牵绳罚多少钱").stdout == found["reply"] + "\n"


def test_ask_a_file_line_by_line(civility: Civility) -> None:
    civility("rules", "import", write("a.txt", RULES))
    questions = ["遛狗要牵绳吗", "你好", "着火了", "明天下雨吗"]
    file = write("q.jsonl", "".join(json.dumps({"q": one, "id": 7}) + "\r\n" for one in questions))
    done = civility("ask", "--file", file, "--top", "2", "--json-lines")
    assert (done.exit_code, done.stderr) == (0, "")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["question"] for one in answers] == questions
    assert all(set(one) >= ANSWER and one["outcome"] in OUTCOMES for one in answers)
    assert all(len(one["candidates"]) <= 2 for one in answers)
    assert civility("ask", "--file", file, "--top", "2").stdout == done.stdout


def test_without_texts_ask_says_how_to_get_some(civility: Civility) -> None:
    done = civility("ask", "遛狗", "--json")
    assert json.loads(done.stdout)["outcome"] == "unknown"
    assert "rules import" in done.stderr


def test_calendar(civility: Civility) -> None:
    found = document(civility("calendar", "2027", "--json"))
    assert set(found) == {"year", "days"}
    assert all(
        set(day) >= {"date", "name", "kind", "tone", "provisional"}
        and day["kind"] in {"lunar", "solar_term", "derived", "fixed", "nth_weekday"}
        and day["tone"] in {"festive", "solemn", "plain"}
        for day in found["days"]
    )
    spring = next(day for day in found["days"] if day["name"] == "春节")
    assert (spring["date"], spring["kind"], spring["provisional"]) == ("2027-02-06", "lunar", False)
    assert {day["rest"] for day in found["days"]} == {"unknown"}
    announced = {day["name"]: day["rest"] for day in document(civility("calendar", "2026", "--json"))["days"]}
    assert (announced["国庆"], announced["公民道德宣传日"], announced["教师节"]) == ("holiday", "workday", "")
    assert "尚未公布" in civility("calendar", "2027").stdout
    assert "1900 to 2099" in problem(civility("calendar", "2100"))


def test_lint_fails_only_on_what_blocks(civility: Civility) -> None:
    fine = write("fine.toml", QUESTIONNAIRE)
    assert document(civility("survey", "lint", fine, "--json")).keys() == {"findings"}
    blocked = write("blocked.toml", QUESTIONNAIRE.replace('consent = "不记名，是否参加由您决定。"\n', ""))
    done = civility("survey", "lint", blocked, "--json")
    assert (done.exit_code, done.stderr) == (1, "")
    findings = json.loads(done.stdout)["findings"]
    assert "block" in {one["level"] for one in findings}
    assert all(set(one) == {"question", "level", "message"} for one in findings)
    assert problem(civility("survey", "publish", blocked))
    assert "第 2 行" in problem(civility("survey", "lint", write("broken.toml", "\ntitle = x\n")))


def test_a_corrected_questionnaire_is_a_new_version_that_says_what_changed(civility: Civility) -> None:
    assert "version 1" in civility("survey", "publish", write("small.toml", QUESTIONNAIRE)).stdout
    corrected = write("new.toml", QUESTIONNAIRE.replace("您的年龄是？", "您多大年纪？"))
    done = civility("survey", "publish", corrected)
    assert "version 2" in done.stdout
    assert "您多大年纪" in done.stdout.replace("\n", "")


async def _interviews(wave_name: str, answers: list[dict[str, Answer]]) -> None:
    database = Database("sqlite+aiosqlite:///civility.db")
    async with database.transaction() as connection:
        wave = await waves.find_wave(connection, wave_name)
        assert wave is not None
        given = [
            store.Interview(wave.id, str(number), wave.version, one, "chat", 1_800_000_000, 1_800_000_060)
            for number, one in enumerate(answers)
        ]
        await store.record(connection, given)
    await database.close()


def test_from_a_questionnaire_to_its_rates(civility: Civility, tmp_path: Path) -> None:
    file = write("small.toml", QUESTIONNAIRE)
    assert "survey publish" in problem(civility("survey", "open", "small", "--wave", "春"))
    assert document(civility("survey", "publish", file, "--json")) == {"survey": "small", "version": 1}
    assert document(civility("survey", "publish", file, "--json")) == {"survey": "small", "version": 1}
    small = civility("survey", "open", "small", "--wave", "春", "--least", "4")
    assert "请填 5 到 100 的整数" in problem(small)
    opened = document(civility("survey", "open", "small", "--wave", "春", "--json"))
    assert (opened["wave"], opened["survey"], opened["version"]) == ("春", "small", 1)
    more = ("--kind", "mock", "--sample", "quota", "--population", "全体居民", "--opens", "2027-02-01T08:00")
    until = ("--closes", "2027-02-20T20:00+08:00")
    said = civility("survey", "open", "small", "--wave", "秋", *more, *until).stdout
    assert re.search(r"^seal code.*: [0-9a-f]{64}$", said, re.MULTILINE)
    assert "春" in problem(civility("survey", "open", "small", "--wave", "春"))
    listed = document(civility("survey", "list", "--json"))
    assert {(one["wave"], one["kind"], one["sample"], one["state"]) for one in listed["waves"]} == {
        ("春", "routine", "open", "open"), ("秋", "mock", "quota", "open"),
    }  # fmt: skip

    few = document(civility("survey", "rates", "春", "--json"))
    assert few["wave"] == "春"
    hidden = ("n", "numerator", "denominator", "rate", "interval")
    assert all(one["suppressed"] and {one[key] for key in hidden} == {None} for one in few["rates"])

    spring: list[dict[str, Answer]] = [{"happy": "1", "age": str(1 + n % 2)} for n in range(12)]
    spring += [{"happy": "2" if n < 6 else "9", "age": "1"} for n in range(8)]
    asyncio.run(_interviews("春", spring))
    asyncio.run(_interviews("秋", [{"happy": "1" if n < 15 else "2", "age": "1"} for n in range(20)]))
    found = document(civility("survey", "rates", "春", "--json"))
    assert set(found) >= {"wave", "population_note", "rates", "comparisons"}
    assert found["comparisons"] == []
    assert all(set(one) >= RATE and one["weighted"] is None for one in found["rates"])
    excluded = next(one for one in found["rates"] if one["dont_know_rule"] == "excluded")
    assert (excluded["indicator"], excluded["question"], excluded["group"]) == ("satisfaction", "happy", {})
    assert (excluded["n"], excluded["numerator"], excluded["denominator"]) == (20, 12, 18)
    assert excluded["dont_know"] == 2
    assert excluded["rate"] == pytest.approx(12 / 18)
    low, high = excluded["interval"]
    assert (low, high) == (
        pytest.approx(0.4375, abs=5e-4),
        pytest.approx(0.8372, abs=5e-4),
    )  # Wilson, 12 of 18

    grouped = document(civility("survey", "rates", "春", "--by", "age", "--json"))["rates"]
    assert {tuple(one["group"]) for one in grouped} == {(), ("age",)}
    assert "community" in problem(civility("survey", "rates", "春", "--by", "nothing"))
    compared = document(civility("survey", "rates", "春", "--compare", "秋", "--json"))["comparisons"]
    keys = {"indicator", "group", "difference", "interval", "p", "p_adjusted", "method"}
    assert compared
    assert all(set(one) >= keys for one in compared)
    shown = civility("survey", "rates", "春").stdout
    assert "66.7% (12/18)" in shown
    assert "not_counted_positive" in shown

    exported = document(civility("survey", "export", "春", "--format", "csv", "-o", "春.csv", "--json"))
    assert exported["rows"] == 20
    assert len((tmp_path / "春.csv").read_text("utf-8-sig").splitlines()) == 21
    assert (tmp_path / exported["notes"]).exists()
    assert "nowhere" in problem(civility("survey", "export", "春", "--format", "csv", "-o", "nowhere/a.csv"))
    sizes = []
    for name in ("春", "秋"):
        more = ("--format", "parquet", "-o", f"{name}.parquet", "--earlier", "--json")
        sizes.append(document(civility("survey", "export", name, *more))["rows"])
    assert sorted(sizes) == [20, 40]
    word = ("--format", "docx", "-o", "a.docx", "--earlier")
    assert "Word" in problem(civility("survey", "export", "春", *word))

    assert "--yes" in problem(civility("survey", "close", "春"), 2)
    assert document(civility("survey", "close", "春", "--yes", "--json")) == {"wave": "春", "state": "closed"}
    assert problem(civility("survey", "close", "春", "--yes"))
    assert "--yes" in problem(civility("erase", "--wave", "春"), 2)
    assert document(civility("erase", "--wave", "春", "--yes", "--json")) == {"rows": 20}
    for words in (
        ["survey", "rates", "夏"],
        ["survey", "close", "夏", "--yes"],
        ["erase", "--wave", "夏", "--yes"],
    ):
        assert "夏" in problem(civility(*words))
    assert problem(civility("erase", "--openid", "o-nobody", "--yes"))


async def _campaign() -> int:
    database = Database("sqlite+aiosqlite:///civility.db")
    now = datetime(2027, 2, 1, 9, 0, tzinfo=timezone(timedelta(hours=8)))
    content = Content(
        title="春节[平安]",
        body="一起过个好年。\n祝您平安。",
        digest="过年好",
        source="",
        festival="春节",
        tone="festive",
        due_at=datetime(2027, 2, 6, 9, 0, tzinfo=now.tzinfo),
        lateness_minutes=120,
    )
    async with database.transaction() as connection:
        made = await acts.create(connection, content, author="li", levels=2, now=now)
    await database.close()
    return made.id


def test_the_plan_of_a_year(civility: Civility) -> None:
    plan = document(civility("campaign", "plan", "2028", "--json"))
    assert {"year", "pushes", "months", "collisions", "holidays"} <= set(plan)
    spring = next(one for one in plan["pushes"] if one["title"] == "春节")
    assert (spring["for"], spring["channel"], spring["audience"]) == ("2028-01-26", "mass", "全体关注者")
    assert [one["month"] for one in plan["months"]][::11] == ["2028-01", "2028-12"]
    assert all(one["proposals"] for one in plan["collisions"])
    assert "春节" in civility("campaign", "plan", "2028").stdout
    assert "1900 to 2099" in problem(civility("campaign", "plan", "2100"))


def test_campaigns(civility: Civility) -> None:
    assert document(civility("campaign", "list", "--json")) == {"campaigns": []}
    number = asyncio.run(_campaign())
    (listed,) = document(civility("campaign", "list", "--json"))["campaigns"]
    assert (listed["id"], listed["state"], listed["due"]) == (number, "draft", "2027-02-06T09:00:00+08:00")
    preview = document(civility("campaign", "preview", str(number), "--json"))
    assert (preview["title"], preview["body"]) == ("春节[平安]", ["一起过个好年。", "祝您平安。"])
    for words in (["campaign", "list"], ["campaign", "preview", str(number)]):
        assert "春节[平安]" in civility(*words).stdout  # brackets are words, no markup
    assert "campaign list" in problem(civility("campaign", "preview", "99"))


def test_staff(civility: Civility) -> None:
    added = document(civility("staff", "add", "li", "--role", "editor", "--role", "analyst", "--json"))
    assert (added["name"], added["roles"]) == ("li", ["editor", "analyst"])
    assert len(added["one_time_password"]) == 19
    assert "li" in problem(civility("staff", "add", "li", "--role", "admin"))
    secret = write("secret", "correct-horse-9-battery\n")
    done = civility("staff", "add", "wu", "--role", "admin", "--password-file", secret, "--json")
    assert document(done) == {"name": "wu", "roles": ["admin"]}
    for words in ("", "\n", "short\n"):
        write("secret", words)
        assert problem(civility("staff", "add", "he", "--role", "admin", "--password-file", secret))


def test_backup_and_restore(civility: Civility) -> None:
    civility("rules", "import", write("a.txt", RULES))
    written = document(civility("backup", "b.zip", "--json"))
    assert written["rows"]["documents"] == 1
    assert "--yes" in problem(civility("restore", "b.zip"), 2)
    assert "--replace" in problem(civility("restore", "b.zip", "--yes"))
    other = {"CIVILITY_DATABASE__URL": "sqlite+aiosqlite:///other.db"}
    assert document(civility("restore", "b.zip", "--yes", "--json", **other))["rows"] == written["rows"]
    assert len(document(civility("rules", "list", "--json", **other))["documents"]) == 1
    assert "other" in problem(civility("restore", write("no.zip", "x"), "--yes"))


def test_an_empty_database_is_not_backed_up(civility: Civility) -> None:
    elsewhere = {"CIVILITY_DATABASE__URL": "sqlite+aiosqlite:///elsewhere.db"}
    assert "url" in problem(civility("backup", "b.zip", **elsewhere))
    assert not Path("b.zip").exists()


def test_a_new_database_is_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(tmp_path, monkeypatch)
    document(run("migrate", "--json"))
    assert Path("civility.db").stat().st_mode & 0o077 == 0
    monkeypatch.setenv("CIVILITY_DATABASE__URL", "sqlite+aiosqlite:///nowhere/civility.db")
    assert "`url` under [database]" in problem(run("migrate"))


def test_migrate_and_doctor(civility: Civility) -> None:
    assert document(civility("migrate", "--json")).keys() == {"revision"}
    found = document(civility("doctor", "--json"))
    assert found["ok"] is True
    assert all(set(line) == {"name", "level", "found", "todo"} for line in found["lines"])
    assert "[account]" in civility("doctor").stdout
    write("config.toml", "[office]\n")
    assert "config.toml is valid" in civility("doctor").stdout


def test_what_a_wave_declares_comes_from_files_and_its_sealed_margins_weight_the_rates(
    civility: Civility,
) -> None:
    document(civility("survey", "publish", write("small.toml", QUESTIONNAIRE), "--json"))
    frame = write("frame.csv", "township,community,population,target\n东镇,一村,1200,30\n东镇,二村,x,\n")
    command = ("survey", "open", "small", "--wave", "春", "--frame", frame)
    assert "第 3 行“人口”列：“x”不是人数" in problem(civility(*command))
    write("frame.csv", "township,community,population,target\n东镇,一村,1200,30\n东镇,二村,800,\n")
    margins = write("margins.csv", "variable,category,count\nage,1,1500\nage,2,500\n")
    more = ("--weights", margins, "--channel", "page", "--exclude", "partial", "--topic", "养犬")
    opened = document(civility(*command, *more, "--approval", "清统〔2027〕1号", "--json"))
    assert opened["communities"] == 2

    people = [("1", "1")] * 12 + [("2", "2")] * 12
    rows = "".join(f"{happy},{age},东镇,一村\n" for happy, age in people)
    file = write("answers.csv", f"happy,age,township,community\n{rows}")
    assert document(civility("survey", "responses", "import", "春", file, "--json"))["imported"] == 24
    rated = document(civility("survey", "rates", "春", "--json"))
    first = rated["rates"][0]
    assert (first["rate"], first["weighted"]["rate"]) == (0.5, pytest.approx(0.75))
    assert rated["flags"] == {"marked": 0, "reasons": {}}
    written = document(civility("survey", "export", "春", "--format", "csv", "-o", "out.csv", "--json"))
    notes = Path(written["notes"]).read_text("utf-8")
    assert "批准文号：清统〔2027〕1号" in notes
    assert opened["sealed"] in notes
