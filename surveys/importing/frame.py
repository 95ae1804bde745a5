"""A table of communities (`township,community,population[,target]`) -> the sample frame of a wave."""

from collections.abc import Sequence

from surveys.importing.sheets import read_sheet
from surveys.terms import Place

HEADER = ("township", "community", "population", "target")
TOLD = {"township": "乡镇", "community": "社区", "population": "人口", "target": "目标"}
"""What a column is called when something is wrong in it."""
CHINESE = {
    "乡镇": "township",
    "乡镇街道": "township",
    "街道": "township",
    "社区": "community",
    "社区村": "community",
    "村": "community",
    "人口": "population",
    "人数": "population",
    "目标": "target",
    "目标份数": "target",
}
MOST_PLACES = 3_000
MOST_PROBLEMS = 20
LONGEST_NAME = 40


class FrameError(ValueError):
    """A table that is no sample frame; the words, for staff, name line and column."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = [f"……另有 {len(problems) - MOST_PROBLEMS} 处。"] if len(problems) > MOST_PROBLEMS else []
        super().__init__("\n".join([*problems[:MOST_PROBLEMS], *more]))


def read_frame(name: str, content: bytes) -> tuple[Place, ...]:
    """The communities in the order of the file, from CSV or xlsx.

    Raises FrameError with all problems, SheetError for a file that cannot be read.
    """
    rows = read_sheet(name, content)
    _, heading = next(rows, (1, []))
    columns = [CHINESE.get(cell.strip(), cell.strip().lower()) for cell in heading]
    if any(wanted not in columns for wanted in HEADER[:3]):
        raise FrameError(["第 1 行：要有乡镇、社区、人口三列，还可以有目标（份数）。"])
    places: list[Place] = []
    seen: dict[tuple[str, str], int] = {}
    problems: list[str] = []
    for line, cells in rows:
        given = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
        place, wrong = _place(given)
        problems += [f"第 {line} 行{words}" for words in wrong]
        if place is None:
            continue
        key = (place.township, place.community)
        if key in seen:
            problems.append(f"第 {line} 行“社区”列：“{place.community}”在第 {seen[key]} 行已经有了。")
        seen.setdefault(key, line)
        places.append(place)
    if not problems and not places:
        problems.append("名单里没有一个社区或村。")
    if len(places) > MOST_PLACES:
        problems.append(f"社区和村超过 {MOST_PLACES} 个，请核对是不是选错了文件。")
    if problems:
        raise FrameError(problems)
    return tuple(places)


def _place(given: dict[str, str]) -> tuple[Place | None, list[str]]:
    problems: list[str] = []
    township, community = given.get("township", ""), given.get("community", "")
    for column, value in (("township", township), ("community", community)):
        if not value:
            problems.append(f"“{TOLD[column]}”列：没有填。")
        elif len(value) > LONGEST_NAME or any(letter in value for letter in "\n\r\t\x1f"):
            problems.append(f"“{TOLD[column]}”列：名称最多 {LONGEST_NAME} 个字，不能换行。")
    population = _whole(given.get("population", ""))
    if population is None or population < 1:
        problems.append(f"“人口”列：“{given.get('population', '')}”不是人数，要填大于 0 的整数。")
    wanted = given.get("target", "")
    target = _whole(wanted) if wanted else None
    if wanted and target is None:
        problems.append(f"“目标”列：“{wanted}”不是份数，要填整数，或者空着。")
    if problems or population is None:
        return None, problems
    return Place(township, community, population, target), []


def _whole(text: str) -> int | None:
    digits = text.replace(",", "").replace("，", "")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 9 else None
