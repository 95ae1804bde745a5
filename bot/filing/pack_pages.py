"""The pages of a pack: HTML that stands alone, with its look and its pictures inside, and prints on A4."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.effect.document import Effect
from bot.effect.sheets import NOTES
from bot.filing.packing import Packed
from bot.outbox.entries import Entry
from bot.pushes.runs import Run
from bot.web import shell
from bot.web.remarks_view import Remarks
from bot.web.review_desk import ACTS
from content.activities import ACTS as ACTIVITY_ACTS
from content.activities import KINDS, By, Cell, tally, total
from content.activity_store import Kept, Step
from content.audience import in_words as group_words
from content.campaign import STATE_WORDS, WAYS, Campaign, level_name
from content.festivals import in_words
from content.reviews import Review, Version
from surveys.waves import Wave

ENTRY_WORDS: Mapping[str, str] = {
    "waiting": "等着发",
    "sending": "正在交给微信",
    "accepted": "微信收下了，还没有结果",
    "sent": "发完了",
    "failed": "没有发成",
    "missed": "错过时间，没有发",
    "unknown": "不知道有没有发出",
    "stopped": "停下了，没有发",
}
RUN_WORDS: Mapping[str, str] = {
    "running": "正在逐个发",
    "paused": "暂停",
    "held": "停下来等人决定",
    "done": "发完了",
    "stopped": "停下了",
    "expired": "到时间没有发完",
}


TALLIES: Mapping[By, str] = {"township": "乡镇街道", "theme": "主题", "kind": "类别", "month": "月份"}


@dataclass(frozen=True, slots=True)
class Told:
    """One push with everything that a pack tells of it; `pictures` by hash, `usual` the cover of all."""

    campaign: Campaign
    history: Sequence[Review]
    versions: Sequence[Version]
    entries: Sequence[Entry]
    run: Run | None
    effect: Effect
    pictures: Mapping[str, bytes]
    usual: bytes


@dataclass(frozen=True, slots=True)
class Pages:
    """What every page says: the office, when it was made, and how people are called."""

    office: str
    made_at: int
    name_of: Callable[[str], str]

    def article(self, told: Told) -> bytes:
        """The approved text on A4, its pictures inside."""
        return self._drawn("pack_article.html", told=told, **self._of(told))

    def phone(self, told: Told) -> bytes:
        """The card and the article at the width of a phone."""
        return self._drawn("pack_phone.html", told=told, **self._of(told))

    def review(self, told: Told) -> bytes:
        """Who did what when to which text, and every text that was submitted."""
        return self._drawn(
            "pack_review.html",
            told=told,
            acts=ACTS,
            place=Remarks.place,
            level_name=level_name,
            **self._of(told),
        )

    def sends(self, told: Told) -> bytes:
        """When it was given to the platform and how that ended."""
        return self._drawn(
            "pack_sends.html",
            told=told,
            entry_words=ENTRY_WORDS,
            run_words=RUN_WORDS,
            ways=WAYS,
            **self._of(told),
        )

    def counts(self, told: Told) -> bytes:
        """What came of it, each number with its unit; none is a sum of others."""
        return self._drawn("pack_counts.html", told=told, effect=told.effect, notes=NOTES, **self._of(told))

    def activities(
        self, title: str, listed: Sequence[tuple[Kept, Sequence[Step], str]], cells: Sequence[Cell]
    ) -> bytes:
        """Activities with their history and the path of each photograph; counted as 场次 and 人次."""
        tallies = [(words, tally(cells, by)) for by, words in TALLIES.items()]
        return self._drawn(
            "pack_activities.html",
            title=title,
            listed=listed,
            sum=total(cells),
            tallies=tallies,
            kinds=KINDS,
            acts=ACTIVITY_ACTS,
        )

    def wave(self, wave: Wave, facts: Sequence[tuple[str, str]], shown: Mapping[str, Any] | None) -> bytes:
        """A wave, and its results where the office has opened them for everybody."""
        return self._drawn("pack_wave.html", title=wave.name, facts=facts, shown=shown)

    def year(self, year: int, rows: Sequence[Sequence[object]], held: Sequence[Cell]) -> bytes:
        """The year in numbers: pushes and activities apart."""
        return self._drawn(
            "pack_year.html", title=f"{year}年的数字", rows=rows, held=total(held), notes=NOTES
        )

    def about(self, title: str, lines: Sequence[str]) -> bytes:
        """What the pack is, how it was made, and what it does not hold."""
        return self._drawn("pack_about.html", title=title, lines=lines)

    def contents(self, title: str, files: Sequence[Packed]) -> bytes:
        """Every file with its size and sum."""
        return self._drawn("pack_contents.html", title=title, files=files)

    def _of(self, told: Told) -> dict[str, Any]:
        content = told.campaign.content
        return {
            "title": content.title or "（还没有标题）",
            "content": content,
            "picture": lambda sha256: data_address(told.pictures.get(sha256)),
            "cover": data_address(told.pictures.get(content.cover) if content.cover else told.usual),
            "state_words": STATE_WORDS,
            "in_words": in_words,
            "group_words": group_words,
        }

    def _drawn(self, template: str, **given: Any) -> bytes:
        page = shell.templates().get_template(template)
        return page.render(office=self.office, made_at=self.made_at, name_of=self.name_of, **given).encode()


def data_address(content: bytes | None) -> str:
    """A picture inside the page; "" for one that is not there."""
    if content is None:
        return ""
    kind = "png" if content.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
