"""Which place a message is about: the country's provinces, cities and counties, and some countries."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from content.rules.citing import place_stem

LONGEST_NAME = 8
_HERE = re.compile(
    r"[来到](?:了|过)?(?:这|我们|咱|你们|本)|在(?:这[里儿边]|(?:我们|咱们?|你们|本)(?:这|县|市|地))"
)
"""It happens here, wherever somebody came from: 上海的游客到这里, 在我们这."""


@dataclass(frozen=True, slots=True)
class Places:
    """Provinces with their cities, and county -> city.

    `followed_by`: what makes a street or a dish of a name (南京路, 兰州拉面).
    `led_by`: what stands before a county that is meant as a place; many counties look like other words.
    """

    provinces: Mapping[str, tuple[str, ...]]
    counties: Mapping[str, str]
    followed_by: str
    led_by: re.Pattern[str]
    known: re.Pattern[str]
    """Any province or city: one search that spares most messages the others."""

    def other(self, folded: str, own: tuple[str, ...]) -> str:
        """The place a folded message is about if it is none of `own` and around none of them, or ""."""
        stems = tuple(place_stem(area) for area in own)
        if any(stem in folded for stem in stems):
            return ""
        above = {self.counties[name] for name in (*own, *stems) if name in self.counties}
        ours = (*stems, *above)
        for province, cities in self.provinces.items() if self.known.search(folded) else ():
            named = [place for place in (province, *cities) if place in folded]
            if not named:
                continue
            inside = any(name in area for name in (province, *map(place_stem, cities)) for area in ours)
            for place in named:
                if (inside and place == province) or place_stem(place) in above:
                    continue
                if re.search(rf"{place}(?!{self.followed_by})", folded) and not _is_here(folded, place):
                    return place
        return self._other_county(folded, ours)

    def _other_county(self, folded: str, ours: tuple[str, ...]) -> str:
        for start in range(len(folded) - 1):
            for size in range(min(LONGEST_NAME, len(folded) - start), 1, -1):
                name = folded[start : start + size]
                city = self.counties.get(name)
                if city is None or any(city in area for area in ours):
                    continue
                whole = name[-1] in "县市区旗"
                if (whole or self.led_by.search(folded, 0, start)) and not re.match(
                    self.followed_by, folded[start + size :]
                ):
                    return "" if _is_here(folded, name) else name
        return ""


def _is_here(folded: str, place: str) -> bool:
    """Whether the message says that it happens here; "我在上海，在这里吐痰" says that here is there."""
    return bool(_HERE.search(folded)) and not re.search(rf"[在到去]{re.escape(place)}", folded)


def load_places(table: Mapping[str, Any], counties: Mapping[str, str]) -> Places:
    """Places from a gates.toml's [places] and a counties.toml (city -> its counties, separated by spaces).

    A county's name counts with and without 县, 市, 区 or 旗; one written with it counts only so.
    """
    provinces = dict(table)
    followed_by = provinces.pop("followed_by")
    led_by = provinces.pop("led_by", "^")
    known = {
        name: city
        for city, names in counties.items()
        for bare in names.split()
        for name in ([bare] if bare[-1] in "县市区旗" else [bare, *(bare + kind for kind in "县市区旗")])
    }
    return Places(
        {province: tuple(cities) for province, cities in provinces.items()},
        known,
        followed_by,
        re.compile(f"(?:{led_by})$"),
        re.compile(
            "|".join(re.escape(name) for entry in provinces.items() for name in (entry[0], *entry[1]))
        ),
    )
