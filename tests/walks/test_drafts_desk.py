"""A draft written in the platform's own console: taken over, reviewed, and sent only as it was then."""

import re
from datetime import time, timedelta

import pytest

from bot.service import SERVICE
from bot.wechat.api import Article, Platform
from bot.wechat.console_drafts import read
from content import acts, store
from content.checks import Quiet
from content.templates import cover
from tests.office import Browser
from tests.world import World

DRAFTS = "/office/campaigns/drafts"
NEVER_QUIET = Quiet(time(0), time(0))
WORDS = "<section><p>清明时节，鲜花祭扫。</p><p>不烧纸，不放炮，<b>安全</b>又文明。</p></section>"


def platform_of(world: World) -> Platform:
    assert world.app is not None
    platform = world.app[SERVICE].platform
    assert platform is not None
    return platform


async def taken_over(world: World, editor: Browser) -> int:
    """The console's draft in review; its campaign."""
    platform = platform_of(world)
    cover_id = await platform.upload_cover(cover())
    await platform.add_draft([Article("文明祭扫", WORDS, cover_id, "清溪市文明办", "鲜花祭扫")])
    await editor.opens(DRAFTS)
    assert "文明祭扫" in editor.text
    found = re.search(r'name="media_id" value="([^"]+)"', editor.text)
    assert found
    await editor.sends(DRAFTS, {"media_id": found[1]})
    assert "已接过来" in editor.text
    assert "不烧纸，不放炮，安全又文明。" in editor.text
    assert "已经接过来" in (await editor.opens(DRAFTS)).text
    await editor.opens("/office/campaigns/new")
    assert "已经接过来了" in (await editor.sends(DRAFTS, {"media_id": found[1]})).text
    two = [Article(title, WORDS, cover_id) for title in ("一", "二")]
    both = await platform.add_draft(two)
    await editor.opens("/office/campaigns/new")
    assert (await editor.sends(DRAFTS, {"media_id": both})).status == 400
    return 1


async def approved(world: World, number: int) -> str:
    """Two others sign; the media id of the draft."""
    async with world.database.transaction() as conn:
        made = await acts.submit(conn, number, "bian", NEVER_QUIET, world.clock())
        for level in range(1, made.levels + 1):
            made = await acts.sign(
                conn, number, level, f"p{level}", "approve", "", made.content_hash, world.clock()
            )
    world.clock.now = made.content.due_at + timedelta(seconds=1)
    return made.content.taken


@pytest.mark.parametrize("altered", [False, True])
async def test_a_console_draft_goes_out_as_it_was_reviewed_or_not_at_all(world: World, altered: bool) -> None:
    async with world.desk_of("bian", "editor") as editor:
        media_id = await approved(world, await taken_over(world, editor))
    if altered:
        draft = world.simulator.drafts.known(media_id)
        draft.articles[0] = type(draft.articles[0])(
            "换了标题", "", "", "<p>别的</p>", "", draft.articles[0].thumb_media_id, ""
        )
    await world.beat()
    async with world.database.snapshot() as conn:
        campaign = await store.get(conn, 1)
    assert (campaign.state, len(world.simulator.mass.jobs)) == (("failed", 0) if altered else ("sending", 1))


async def test_whose_words_are_changed_here_is_another_article(world: World) -> None:
    async with world.desk_of("bian", "editor") as editor:
        number = await taken_over(world, editor)
        for title, kept in (("文明祭扫", True), ("文明祭扫倡议", False)):
            await editor.opens(f"/office/campaigns/{number}/edit")
            fields = dict(re.findall(r'<input type="\w+" name="(\w+)" value="([^"]*)"', editor.text))
            async with world.database.snapshot() as conn:
                content = (await store.get(conn, number)).content
            await editor.sends(
                f"/office/campaigns/{number}/edit",
                {
                    **fields,
                    "title": title,
                    "body": content.body,
                    "digest": content.digest,
                    "source": "本办",
                    "tone": "solemn",
                    "time": "09:30",
                    "audience": "",
                },
            )
            async with world.database.snapshot() as conn:
                assert bool((await store.get(conn, number)).content.taken) is kept


def test_what_is_no_draft_is_passed_over() -> None:
    assert read("m", {}, 0) is None
    assert read("m", {"news_item": "?"}, 0) is None
    draft = read("m", {"news_item": [{"title": "t", "content": "<p>a<script>x</script>b<img></p>c"}]}, 5)
    assert draft is not None
    assert (draft.paragraphs, draft.pictures) == (("ab", "c"), 1)
