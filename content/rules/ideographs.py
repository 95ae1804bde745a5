"""PURE. Some PDF writers put radicals where characters belong (⽂⺠): they look the same and find nothing."""

import re
import unicodedata

# The characters that the CJK radicals supplement stands for; Unicode has no decomposition for these.
_SUPPLEMENT = dict(
    zip(
        "⺟⺠⺝⺬⺼⺽⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳",
        "母民月示肉臼虎西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟",
        strict=True,
    )
)
_RADICAL = re.compile(r"[\u2e80-\u2fdf]")


def as_ideographs(text: str) -> str:
    """The text with characters in the place of radicals; everything else as it is."""
    return _RADICAL.sub(
        lambda found: _SUPPLEMENT.get(found[0]) or unicodedata.normalize("NFKC", found[0]), text
    )
