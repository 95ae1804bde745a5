"""At night pictures and preview drafts go that nobody needs, and no other."""

from dataclasses import replace
from datetime import timedelta

from bot.retention import tidying
from bot.retention.tidying import PICTURES_KEPT, PREVIEWS_KEPT, Preview
from bot.service import SERVICE
from bot.wechat.api import Article
from content import acts, image_store, images
from content.templates import cover as usual_cover
from content.text import Picture
from tests.test_checks import GOOD, NOW, QUIET
from tests.walks.test_pictures import photograph
from tests.world import World


async def at_night(world: World) -> None:
    """The small hours come."""
    world.clock.now = world.clock().replace(hour=3, minute=10) + timedelta(days=1)
    await world.beat("tidy")


async def test_a_picture_goes_only_when_no_text_past_or_present_names_it(each_world: World) -> None:
    world = each_world
    made = [images.prepare(photograph(300 + 50 * number, 300), "inline") for number in range(4)]
    now = world.clock()
    async with world.database.transaction() as conn:
        written, signed, cover, unused = [await image_store.keep(conn, one, "周", now) for one in made]
        text = replace(GOOD, cover=cover, body=GOOD.body + "\n[图1]")
        await acts.create(conn, replace(text, pictures=(Picture(written, "灯"),)), "周", 1, now)
        other = await acts.create(
            conn, replace(text, cover="", pictures=(Picture(signed, "灯"),)), "周", 1, now
        )
        await acts.submit(conn, other.id, "周", QUIET, NOW)
        await acts.edit(conn, other.id, GOOD, "周", now)

    async def kept() -> set[str]:
        async with world.database.snapshot() as conn:
            return set(await image_store.load(conn, [written, signed, cover, unused]))

    await at_night(world)
    assert len(await kept()) == 4
    world.clock.now = now + PICTURES_KEPT
    await world.beat("tidy")
    assert len(await kept()) == 4
    await at_night(world)
    assert await kept() == {written, signed, cover}

    async with world.database.transaction() as conn:
        await image_store.keep(conn, made[3], "周", now)
        await image_store.keep(conn, made[3], "周", world.clock())
    await at_night(world)
    assert unused in await kept()


async def test_a_preview_draft_goes_after_a_day_and_one_that_somebody_uses_stays(world: World) -> None:
    assert world.app is not None
    platform = world.app[SERVICE].platform
    assert platform is not None
    shown = await platform.upload_cover(usual_cover())
    drafts = [await platform.add_draft([Article("题", "<p>文</p>", shown)]) for _ in range(3)]
    now = world.clock()
    async with world.database.transaction() as conn:
        for one in drafts:
            await tidying.note_preview(conn, Preview(one, shown, int(now.timestamp())))
        await acts.create(conn, replace(GOOD, taken=drafts[1], taken_hash="x"), "周", 1, now)
    world.simulator.drafts.known(drafts[2]).updated_at += 600

    async def there() -> list[str]:
        return [one for one in drafts if await platform.has_draft(one)]

    world.clock.now = now + PREVIEWS_KEPT - timedelta(minutes=1)
    work = tidying.Tidying(world.database, platform, world.clock)
    assert await work.previews(world.clock()) == 0
    world.simulator.faults.add("/cgi-bin/draft/delete", "errcode:-1", times=9)
    await at_night(world)
    assert await there() == drafts
    world.simulator.faults.clear()
    await at_night(world)
    assert await there() == drafts[1:]
    assert not world.simulator.media.is_material(shown)
    calls = len(world.simulator.calls)
    assert await work.previews(world.clock()) == 0
    assert len(world.simulator.calls) == calls
