"""What staff are told of an unclear send: the platform's word, its draft box, and what it reported."""

from dataclasses import replace

import pytest

from bot.outbox.entries import Entry
from bot.pushes import asking
from bot.wechat.errors import ApiError, Retry

LOST = Entry(1, "c1-a", "mass", {"title": "t"}, None, 1, 0, 9, "unknown", 1, 1800000000, "d", "", {}, "", 2)


class FakePlatform:
    """Answers as it is told."""

    def __init__(self, word: str = "SENDING", draft: bool = True) -> None:
        self.word = word
        self.draft = draft

    async def mass_status(self, msg_id: str) -> str:
        if not self.word:
            raise ApiError("get", Retry(2.0))
        return self.word

    async def publication_status(self, publish_id: str) -> str:
        assert publish_id == "77"
        return self.word

    async def has_draft(self, media_id: str) -> bool:
        return self.draft


@pytest.mark.parametrize(
    ("entry", "platform", "reported", "words"),
    [
        (LOST, FakePlatform(), (), "很可能没有发出"),
        (LOST, FakePlatform(draft=False), (), "很可能已经发出"),
        (replace(LOST, payload={"audience": "township:一镇"}), FakePlatform(), (), "从草稿看不出来"),
        (replace(LOST, msg_id="9"), FakePlatform("SEND_SUCCESS"), (), "这一次已经发出"),
        (replace(LOST, msg_id="9"), FakePlatform(""), (), "现在问不到微信"),
        (replace(LOST, kind="publish", msg_id="p77"), FakePlatform("0"), (), "这一次已经发出"),
        (replace(LOST, kind="publish", msg_id="p77"), FakePlatform("4"), (), "err(4)"),
        (LOST, FakePlatform(), (1800000060,), "报告过一次群发成功"),
        (replace(LOST, kind="custom"), FakePlatform(), (), "不提供查询"),
        (replace(LOST, media_id=""), FakePlatform(), (), "还没有交到微信"),
    ],
)
async def test_what_the_platform_knows_is_put_in_words(
    entry: Entry, platform: FakePlatform, reported: tuple[int, ...], words: str
) -> None:
    assert any(words in said for said in await asking.about(platform, entry, reported))
