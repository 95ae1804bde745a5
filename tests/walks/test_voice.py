"""What a resident speaks: with words it is a question; without, the sound is fetched and reaches the desk."""

from pathlib import Path

from bot.config import Privacy
from bot.database import Database
from bot.inquiries import messages, recordings
from bot.inquiries.messages import Asked
from bot.inquiries.recordings import Spoken
from bot.retention.erasure import Erasure
from bot.retention.journal import Journal
from bot.simulator.media import THREE_DAYS
from bot.simulator.samples import speech
from bot.web import message_desk, message_page
from tests.office import DESKS, open_office
from tests.world import World

RECORDINGS = "/cgi-bin/media/get"


async def kept(world: World) -> list[tuple[str, bytes | None]]:
    """State and sound of every recording of a waiting message."""
    async with world.database.snapshot() as conn:
        asked = await messages.waiting(conn, since=0)
        found = await recordings.of(conn, [(one.resident, one.at) for one in asked])
        sounds = [await recordings.sound(conn, one.id) for one in found]
    return [(one.state, sound and sound[0]) for one, sound in zip(found, sounds, strict=True)]


def spoken(world: World) -> str:
    """A recording at the platform, by its media id."""
    until = int(world.clock().timestamp()) + THREE_DAYS
    return world.simulator.media.keep("voice", speech(), "audio/amr", until).media_id


async def test_a_voice_with_words_is_a_question(world: World) -> None:
    await world.has_rules()
    reply = str(await world.resident("王阿姨").voice("携带犬只外出不使用牵引绳罚多少"))
    assert "第三条" in reply
    assert await kept(world) == []


async def test_a_voice_without_words_is_fetched_once_and_kept_for_the_desk(each_world: World) -> None:
    world = each_world
    aunt = world.resident("王阿姨")
    reply = str(await aunt.voice(None, spoken(world)))
    assert "12345" in reply
    assert "没能听出文字" not in str(await aunt.tap("乱扔垃圾怎么处理"))
    await aunt.redeliver()
    assert await kept(world) == [("waiting", None)]
    await world.beat("voices")
    await world.beat("voices")
    assert await kept(world) == [("kept", speech())]
    async with world.database.transaction() as conn:
        assert not await recordings.give_up(conn, 1)


async def test_what_wechat_no_longer_has_is_told_as_gone(world: World) -> None:
    await world.resident("王阿姨").voice("", "never-kept-there")
    await world.beat("voices")
    assert await kept(world) == [("gone", None)]


async def test_a_recording_is_fetched_later_where_the_platform_is_busy(world: World) -> None:
    await world.resident("王阿姨").voice("", spoken(world))
    world.simulator.faults.add(RECORDINGS, "errcode:45009")
    await world.beat("voices")
    assert await kept(world) == [("waiting", None)]
    world.clock.passes(seconds=recordings.FIRST_PAUSE)
    await world.beat("calls", "voices")
    assert await kept(world) == [("kept", speech())]


async def test_voices_are_forgotten_with_their_messages_and_their_speakers(world: World) -> None:
    erasure = Erasure(world.database, Journal(Path(world.config.privacy.erasure_journal)))
    aunt, uncle = world.resident("王阿姨"), world.resident("李大爷")
    for one in (aunt, uncle):
        await one.voice("", spoken(world))
    await world.beat("voices")
    await erasure.erase_resident(aunt.openid, world.clock())
    assert [state for state, _ in await kept(world)] == ["kept"]
    world.clock.passes(days=Privacy().messages_days + 1)
    await erasure.nightly(Privacy(), world.clock())
    async with world.database.snapshot() as conn:
        assert await recordings.sound(conn, 2) is None


async def test_the_office_downloads_a_recording_from_the_message(database: Database) -> None:
    desks = (*DESKS, message_desk.routes, message_page.routes)
    async with open_office(database, desks=desks) as office:
        now = int(office.clock().timestamp())
        async with database.transaction() as conn:
            for resident in (1, 2):
                await messages.write(conn, [Asked(resident, now, "", "handed_over")])
                await recordings.write(conn, [Spoken(resident, now, "m")])
            await recordings.keep(conn, 1, speech(), "audio/amr")
        browser = await office.signed_in("alice", "editor")
        await browser.opens(f"{message_desk.DESK}/1")
        assert "下载录音" in browser.text
        assert "录音正在取" not in browser.text
        await browser.opens(f"{message_desk.DESK}/2")
        assert "录音正在取" in browser.text
        await browser.opens(f"{message_desk.DESK}/recording/1")
        assert browser.status == 200
        assert ("alice", "下载录音", "录音 1") in await office.actions()
        await browser.opens(f"{message_desk.DESK}/recording/2")
        assert browser.status == 404
