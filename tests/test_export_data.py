"""SPSS and Parquet files, read back with libraries that did not write them."""

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pyreadstat
import pytest

from surveys.export.overview import look_over
from surveys.export.parquet import write_parquet
from surveys.export.sav import write_sav
from surveys.native import parse
from surveys.store import Interview
from tests.exporting import HOSTILE, interview, overview_of, people, rows_of, stream, wave, written


async def sav(given: list[Interview], folder: Path) -> tuple[dict[str, list[Any]], Any]:
    file = folder / "wave.sav"
    file.write_bytes(await written(write_sav, given))
    read, about = pyreadstat.read_sav(file, output_format="dict", user_missing=True)
    return dict(read), about


async def cells(given: list[Interview]) -> dict[str, list[Any]]:
    overview = await overview_of(given)
    rows = await rows_of(overview, given)
    return {column.name: [row[place] for row in rows] for place, column in enumerate(overview.columns)}


async def test_an_spss_file_holds_every_code_and_text(tmp_path: Path) -> None:
    given = people(3 * len(HOSTILE))
    read, _ = await sav(given, tmp_path)
    expected = await cells(given)
    expected["words"] = [
        text.encode()[:32_767].decode(errors="ignore").rstrip(" ") for text in expected["words"]
    ]
    assert read == expected


async def test_an_spss_file_explains_itself(tmp_path: Path) -> None:
    _, about = await sav(people(12), tmp_path)
    assert about.column_names_to_labels["one"] == "@满意吗？"
    assert about.variable_value_labels["one"] == {
        1: "=满意",
        2: "不满意",
        -99: "说不清",
        -97: "没有问到",
        -98: "问到但未回答",
    }
    assert about.variable_value_labels["letter"]["'-B"] == "乙"
    assert [one["lo"] for one in about.missing_ranges["one"]] == [-97, -98]
    assert "number" not in about.missing_ranges
    assert about.mr_sets["many"]["variable_list"] == ["many_1", "many_m2", "many_300"]
    assert about.mr_sets["many"]["counted_value"] == 1
    assert about.original_variable_types["day"] == "SDATE10"
    assert about.number_rows == 12
    assert "自己选择参加" in "".join(about.notes)


async def test_weights_and_blanks_of_the_design(tmp_path: Path) -> None:
    given = [
        interview({"one": "1"}, "a", design={"weight": 1.25, "stratum": "=东", "interviewer": "小王"}),
        interview({"one": "2"}, "b", design={"weight": 300}),
        interview({"one": "2"}, "c"),
    ]
    read, _ = await sav(given, tmp_path)
    assert read["weight"][:2] == [1.25, 300]
    assert read["weight"][2] is None or read["weight"][2] != read["weight"][2]
    assert read["stratum"] == ["'=东", "", ""]
    assert "interviewer" not in read
    table = pyarrow.parquet.read_table(io.BytesIO(await written(write_parquet, given)))
    assert table["weight"].to_pylist() == [1.25, 300, None]
    assert table["stratum"].to_pylist() == ["'=东", None, None]


async def test_labels_are_cut_at_a_character(tmp_path: Path) -> None:
    long = parse(
        'id = "q"\ntitle = "' + "长" * 50 + '"\n[[question]]\nid = "one"\ntype = "single"\n'
        'title = "' + "满" * 300 + '"\n'
        'options = [{code = "1", label = "' + "意" * 200 + '"}, {code = "LONGCODE_16_CHAR", label = "乙"}]'
    )
    given = [interview({"one": "LONGCODE_16_CHAR"}), interview({"one": "1"}, "b")]
    overview = await look_over(wave(), long, stream(given, long), rates=False, texts=True)
    file = tmp_path / "long.sav"
    with file.open("wb") as out:
        await write_sav(out, overview, stream(given, long))
    about: Any
    read, about = pyreadstat.read_sav(file, output_format="dict", user_missing=True)
    assert read["one"] == ["LONGCODE_16_CHAR", "1"]
    assert about.column_names_to_labels["one"] == "满" * 85
    assert about.file_label == "长" * 21
    assert about.variable_value_labels["one"] == {
        "1": "意" * 40,
        "LONGCODE_16_CHAR": "乙",
        "-97": "没有问到",
        "-98": "问到但未回答",
    }


async def test_a_parquet_file_has_small_types_and_every_code() -> None:
    given = people(3 * len(HOSTILE))
    table = pyarrow.parquet.read_table(io.BytesIO(await written(write_parquet, given)))
    assert table.to_pydict() == await cells(given)
    types = {field.name: str(field.type) for field in table.schema}
    assert (types["one"], types["many_300"], types["wide"]) == ("int8", "int8", "int16")
    assert types["day"] == "date32[day]"
    assert types["words"] == "string"
    assert types["letter"].startswith("dictionary")
    about = table.schema.field("one").metadata
    assert json.loads(about[b"labels"])["-99"] == "说不清"
    assert about[b"title"].decode() == "@满意吗？"
    assert "自己选择参加" in table.schema.metadata[b"notes"].decode()


@pytest.mark.parametrize("number", [0, 1, 3, 7])
async def test_a_wave_with_hardly_any_answers(number: int, tmp_path: Path) -> None:
    read, about = await sav(people(number), tmp_path)
    assert about.number_rows == number == len(read["one"])
    assert f"{number} 份" in "".join(about.notes)
    table = pyarrow.parquet.read_table(io.BytesIO(await written(write_parquet, people(number))))
    assert table.num_rows == number
    assert all(isinstance(day, date) for day in table["day"].to_pylist())
