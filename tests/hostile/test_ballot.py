"""The ballot drill in small, on both databases."""

from pathlib import Path

from tests.drills.ballot import drill


async def test_nobody_votes_twice_and_a_quota_holds_under_a_crowd(ready_url: str, tmp_path: Path) -> None:
    assert await drill(ready_url, tmp_path, tries=6, people=24, places=8, seed=7) == []
