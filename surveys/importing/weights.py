"""A table of population counts (`variable,category,count`) -> the margins that weights shall meet."""

from surveys.importing.sheets import read_sheet

HEADER = ["variable", "category", "count"]


class WeightsError(ValueError):
    """A table that holds no usable margins; the words, for staff, name the line."""


def read_margins(name: str, content: bytes) -> dict[str, dict[str, float]]:
    """{variable: {category: count}}, from CSV or xlsx. Raises WeightsError; SheetError for a broken file."""
    margins: dict[str, dict[str, float]] = {}
    rows = read_sheet(name, content)
    _, header = next(rows, (1, []))
    if [cell.strip().lower() for cell in header] != HEADER:
        raise WeightsError(f"第一行要是 {','.join(HEADER)} 三列。")
    for line, cells in rows:
        variable, category, count = (cell.strip() for cell in (*cells, "", "", "")[:3])
        try:
            number = float(count)
        except ValueError:
            raise WeightsError(f"第 {line} 行：人数“{count}”不是数字。") from None
        if not variable or not category or not 0 < number < float("inf"):
            raise WeightsError(f"第 {line} 行：变量、类别都要填，人数要大于 0。")
        if category in margins.setdefault(variable, {}):
            raise WeightsError(f"第 {line} 行：“{variable}”的“{category}”出现了两次。")
        margins[variable][category] = number
    if not margins:
        raise WeightsError("权重表里没有一行人数。")
    return margins
