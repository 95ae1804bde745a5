"""A file of whatever format -> a draft. Errors speak to the office's staff, one sentence each."""

from dataclasses import replace
from pathlib import PurePath

from surveys import native
from surveys.importing.docx import read_docx
from surveys.importing.draft import Doubt, Draft, drafted
from surveys.importing.lines import split_lines
from surveys.importing.surveyjs import read_surveyjs
from surveys.importing.text import read_text
from surveys.importing.xlsform import read_xlsform

LARGEST_FILE = 10 * 1024 * 1024


def read(data: bytes, name: str) -> Draft:
    """The draft in the file; `name` tells the format. ValueError says in plain Chinese what is wrong."""
    suffix = PurePath(name).suffix.lower()
    if len(data) > LARGEST_FILE:
        limit = LARGEST_FILE // (1024 * 1024)
        raise ValueError(f"“{name}”超过 {limit} MB，不像一份问卷；请删去图片、只留问卷部分，再导入。")
    if suffix in {".txt", ".md", ""}:
        return read_text(decode(data, name))
    if suffix == ".docx":
        doubts: list[Doubt] = []
        draft = read_text(read_docx(data, name, doubts))
        return replace(draft, doubts=tuple(sorted((*doubts, *draft.doubts), key=lambda doubt: doubt.line)))
    if suffix in {".xlsx", ".xlsm"}:
        return read_xlsform(data, name)
    if suffix == ".json":
        text = decode(data, name)
        return replace(read_surveyjs(text, name), source=tuple(split_lines(text)))
    if suffix == ".toml":
        return _native(decode(data, name))
    if suffix in {".doc", ".wps", ".rtf", ".odt"}:
        raise ValueError(f"暂不能读取“{name}”，请在 Word 或 WPS 里另存为 .docx 后再导入。")
    if suffix in {".xls", ".et", ".csv"}:
        raise ValueError(f"暂不能读取“{name}”，请在 Excel 或 WPS 里另存为 .xlsx 后再导入。")
    if suffix == ".pdf":
        raise ValueError(f"暂不能读取“{name}”，请复制文字到 Word 或 WPS，存为 .docx 后再导入。")
    raise ValueError(f"不认识“{name}”的格式，请使用 .docx、.txt、.xlsx、.json 或 .toml 文件。")


def decode(data: bytes, name: str) -> str:
    """UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030; ValueError says what to do instead."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "gb18030"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ValueError(f"“{name}”的文字编码无法识别，请另存为 UTF-8 后再导入。")


def _native(text: str) -> Draft:
    """Our own file: nothing to guess, only keys that mean nothing."""
    data = native.load(text)
    questionnaire = native.from_dict(data)
    doubts = tuple(
        Doubt(1, f"{question or '问卷'}：“{key}”这一项不认识，没有起作用，请检查拼写。")
        for question, key in native.unknown_keys(data)
    )
    lines = text.split("\n")
    starts = [at for at, line in enumerate(lines, start=1) if line.strip() == "[[question]]"]
    places = [*starts, *[1] * len(questionnaire.questions)][: len(questionnaire.questions)]
    return drafted(questionnaire, places, doubts, lines)
