"""The sample city's rules and a small neighbour's, as the tests of search and answers use them."""

from dataclasses import replace
from functools import cache
from importlib.resources import files

from content.rules.document import Document, Paragraph
from content.rules.gates import OfficeFacts
from content.rules.parsing import parse
from content.rules.search import Index

OFFICE = OfficeFacts("青禾县文明办", "0999-8812345", "云溪市青禾县")
SAMPLE_NAME = "云溪市文明行为条例（示例）"

NATIONAL = """动物照管法
第一条 为了照管动物，制定本法。
第二条 饲养宠物应当采取必要安全措施，不干扰他人正常生活。
第三条 违反本法第二条规定的，由公安机关责令改正。
第四条 本法自2020年1月1日起施行。"""


@cache
def sample() -> Document:
    """The shipped sample regulation."""
    text = files("content").joinpath("library", "rules", f"{SAMPLE_NAME}.md").read_text("utf-8")
    return parse(text).document


@cache
def national() -> Document:
    """A law of the state of four articles."""
    return parse(NATIONAL).document


@cache
def without_leash() -> Document:
    """The sample without its penalties and helmets, and with a rule on pets that names no leash."""
    kept = [article for article in sample().articles if article.number < 52 and article.number != 18]
    pets = Paragraph(1, "饲养宠物应当采取必要安全措施，不干扰他人正常生活。")
    articles = [replace(entry, paragraphs=(pets,)) if entry.number == 25 else entry for entry in kept]
    return replace(sample(), articles=tuple(articles))


@cache
def sample_index() -> Index:
    """Only the city's rules."""
    return Index.build([sample()])


@cache
def both_index() -> Index:
    """The state's law, then the city's rules."""
    return Index.build([national(), sample()])
