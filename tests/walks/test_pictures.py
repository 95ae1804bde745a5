"""Pictures on their way: uploaded by a person, made harmless, signed with the text, shown to residents."""

import io
import random
import re
from dataclasses import replace
from datetime import datetime

import pytest
from aiohttp import FormData
from PIL import Image

from content import acts, image_store, images, picturing, store
from content.campaign import Campaign, Content
from content.checks import findings
from content.images import Unusable
from content.text import Picture
from tests.office import SHANGHAI, Browser
from tests.test_checks import GOOD, NOW, QUIET
from tests.world import World

LIST = "/office/campaigns"
GPS, ORIENTATION, MAKER = 0x8825, 0x0112, 0x010F


def photograph(width: int = 1600, height: int = 1200, kind: str = "JPEG", turned: int = 1) -> bytes:
    """A picture that is red on its left and blue on its right, with what a phone writes into it."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = turned, "SomePhone"
    exif.get_ifd(GPS)[1] = "N"
    out = io.BytesIO()
    picture.save(out, kind, exif=exif)
    return out.getvalue()


def noise(width: int, height: int) -> bytes:
    """A picture that does not let itself be pressed."""
    out = io.BytesIO()
    data = random.Random(5).randbytes(width * height * 3)
    Image.frombytes("RGB", (width, height), data).save(out, "PNG")
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        return picture


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_keeps_nothing_but_what_it_shows(kind: str) -> None:
    made = images.prepare(photograph(kind=kind, turned=3), "inline")
    shown = opened(made.content)
    assert (shown.format, shown.size) == ("JPEG", (1080, 810))
    assert not shown.getexif()
    assert b"SomePhone" not in made.content
    assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    red, _, blue = shown.convert("RGB").getpixel((10, 400))  # type: ignore[misc]
    assert blue > red  # turned upright, left is right


def test_a_cover_is_cut_to_its_shape_and_a_large_picture_is_pressed() -> None:
    cover = images.prepare(photograph(), "cover")
    assert (cover.width, cover.height) == images.COVER_SIZE
    assert len(images.prepare(noise(1080, 1400), "inline").content) <= images.MOST_BYTES


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xff\xd8\xff\xe0" + b"\x00" * 200,
        photograph()[:400],
        b"%PDF-1.7 ",
        photograph(120, 120),
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x02\x00\x00\x00",
    ],
)
def test_what_is_no_usable_picture_is_refused_in_words(given: bytes) -> None:
    with pytest.raises(Unusable, match=r"图片|照片"):
        images.prepare(given, "inline")


def test_lines_and_pictures_stay_together() -> None:
    content = replace(GOOD, body="一段话。")
    for name in ("甲", "乙", "丙"):
        content = picturing.with_picture(content, Picture(name * 32, name))
    assert content.body == "一段话。\n[图1]\n[图2]\n[图3]"
    content = picturing.without_picture(replace(content, body="[图3]\n一段话。\n【图２】\n[图1]"), 2)
    assert content.body == "[图2]\n一段话。\n[图1]"
    assert [block.picture.alt if block.picture else block.words for block in content.blocks] == [
        "丙",
        "一段话。",
        "甲",
    ]
    assert content.paragraphs == ("一段话。",)
    described = picturing.described(content, 1, "<新>")
    assert described.hash != content.hash
    assert 'alt="&lt;新&gt;"' in described.article
    for wrong in (0, 3):
        with pytest.raises(IndexError):
            picturing.without_picture(content, wrong)


def test_the_check_wants_a_description_and_no_picture_that_is_not_there() -> None:
    def said(content: Content) -> set[tuple[str, str]]:
        return {(one.level, one.field) for one in findings(content, QUIET, NOW)}

    good = picturing.with_picture(GOOD, Picture("a" * 64, "灯笼下的一家人"))
    assert said(good) == set()
    assert said(picturing.described(good, 1, "")) == {("block", "pictures")}
    assert said(replace(good, body=GOOD.body)) == {("warn", "pictures")}
    assert said(replace(GOOD, body=GOOD.body + "\n[图1]")) == {("block", "body")}


async def uploads(browser: Browser, path: str, content: bytes, **fields: str) -> Browser:
    await browser.opens(f"{LIST}/1/pictures")
    form = FormData({"form_token": browser.form_token, "revision": revision(browser), **fields})
    form.add_field("image", content, filename="../../x.jpg", content_type="image/jpeg")
    return await browser._take(await browser.client.post(path, data=form))


def revision(browser: Browser) -> str:
    found = re.search(r'name="revision" value="(\d+)"', browser.text)
    return found[1] if found else ""


async def the_campaign(world: World) -> Campaign:
    async with world.database.snapshot() as conn:
        return await store.get(conn, 1)


async def written(world: World, due_at: datetime) -> None:
    async with world.database.transaction() as conn:
        content = replace(GOOD, festival="", due_at=due_at)
        await acts.create(conn, content, "周", 1, world.clock())


async def test_pictures_go_from_the_desk_to_the_residents_phone(world: World) -> None:
    due = world.clock().replace(hour=15)
    await written(world, due)
    await world.resident("王阿姨").follow()
    async with world.desk_of("周", "editor") as editor, world.desk_of("林", "approver") as leader:
        await uploads(editor, f"{LIST}/1/pictures/cover", photograph())
        await uploads(editor, f"{LIST}/1/pictures/add", photograph(), alt="灯笼下的一家人")
        assert "图片已放在正文最后" in editor.text
        assert (await uploads(editor, f"{LIST}/1/pictures/add", b"no picture", alt="x")).status == 400
        assert (await leader.opens(f"{LIST}/1/pictures")).status == 403
        content = (await the_campaign(world)).content
        assert content.body.endswith("[图1]")
        for sha256 in content.images:
            shown = await leader.client.get(f"{LIST}/picture/{sha256}")
            assert (shown.status, shown.content_type) == (200, "image/jpeg")
        assert (await leader.client.get(f"{LIST}/picture/{'0' * 64}")).status == 404
        await editor.opens(f"{LIST}/1")
        assert f'/picture/{content.cover}"' in editor.text
        assert 'alt="灯笼下的一家人"' in editor.text
        await editor.sends(f"{LIST}/1/submit", {"seen_hash": content.hash})
        await leader.opens(f"{LIST}/1")
        await leader.sends(f"{LIST}/1/sign", {"level": "1", "seen_hash": content.hash, "decision": "approve"})
        assert (await the_campaign(world)).is_fully_signed
        assert content.images[1] in (await leader.opens(f"{LIST}/1/history")).text
    world.clock.now = due
    await world.beat()
    await world.simulator.tick()
    assert (await the_campaign(world)).state == "sent"
    address = await world.resident("王阿姨").link(content.title)
    async with world.desk_of("周") as phone:
        page = await (await phone.client.get(address)).text()
        source = re.search(r'<img src="([^"]+)" alt="灯笼下的一家人"', page)
        assert source
        seen = await (await phone.client.get(source[1])).read()
    assert opened(seen).size == (1080, 810)


async def test_a_picture_that_was_changed_behind_its_signatures_is_not_sent(world: World) -> None:
    due = world.clock().replace(hour=15)
    await written(world, due)
    async with world.desk_of("周", "editor") as editor, world.desk_of("林", "approver") as leader:
        await uploads(editor, f"{LIST}/1/pictures/add", photograph(), alt="灯笼下的一家人")
        content = (await the_campaign(world)).content
        await editor.opens(f"{LIST}/1")
        await editor.sends(f"{LIST}/1/submit", {"seen_hash": content.hash})
        await leader.opens(f"{LIST}/1")
        signs = {"level": "1", "seen_hash": content.hash, "decision": "approve"}
        await leader.sends(f"{LIST}/1/sign", signs)
    async with world.database.transaction() as conn:
        await conn.execute(image_store.campaign_images.update().values(content=photograph(300, 300)))
    world.clock.now = due
    await world.beat()
    await world.simulator.tick()
    assert (await the_campaign(world)).state == "failed"
    assert world.simulator.mass_effects == {}


async def test_removing_describing_and_a_picture_added_under_somebody_elses_eyes(world: World) -> None:
    await written(world, datetime(2027, 2, 20, 15, tzinfo=SHANGHAI))
    async with world.desk_of("周", "editor") as editor, world.desk_of("吴", "editor") as other:
        await uploads(editor, f"{LIST}/1/pictures/add", photograph(), alt="一")
        await other.opens(f"{LIST}/1/pictures")
        stale = revision(other)
        await editor.sends(f"{LIST}/1/pictures/1", {"revision": revision(editor), "alt": "两盏灯笼"})
        await other.sends(f"{LIST}/1/pictures/1", {"revision": stale, "act": "remove"})
        assert other.status == 409
        assert (await the_campaign(world)).content.pictures[0].alt == "两盏灯笼"
        await other.sends(f"{LIST}/1/pictures/2", {"revision": revision(other), "act": "remove"})
        assert other.status == 409
        await other.sends(f"{LIST}/1/pictures/1", {"revision": revision(other), "act": "remove"})
        assert (await the_campaign(world)).content.pictures == ()
        await uploads(editor, f"{LIST}/1/pictures/cover", photograph())
        await editor.sends(f"{LIST}/1/pictures/cover", {"revision": revision(editor), "usual": "1"})
        assert (await the_campaign(world)).content.cover == ""
