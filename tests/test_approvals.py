"""What reviewing keeps in the database works alike on SQLite and PostgreSQL."""

from datetime import datetime, timedelta

from bot.database import Database
from bot.office import approvals, staff_contacts, staff_phones
from bot.office.approvals import ApprovalLink
from bot.office.staff_phones import Claim
from content import image_store, word_store
from content.images import Prepared
from content.wording import Word
from tests.office import START

LEADER, TOKEN = 7, "a-token-of-some-length"


async def link(database: Database, now: datetime, token: str = TOKEN) -> ApprovalLink:
    async with database.transaction() as conn:
        await approvals.make_link(
            conn,
            token,
            campaign_id=1,
            level=1,
            staff_id=LEADER,
            content_hash="h" * 64,
            latest=now + timedelta(days=9),
            by="bian",
            now=now,
        )
        found = await approvals.find_link(conn, token)
        assert found is not None
        return found


async def test_a_link_counts_tries_serves_once_and_is_forgotten(database: Database) -> None:
    made = await link(database, START)
    assert made.expires_at == int((START + approvals.LIFETIME).timestamp())
    async with database.transaction() as conn:
        assert await approvals.claim_try(conn, made, START) is None  # no number has been set
        await approvals.set_number(conn, LEADER, "encoded", START)
        assert await approvals.have_number(conn, [LEADER, 8]) == {LEADER}
        assert await approvals.claim_try(conn, made, START) == "encoded"
        assert await approvals.claim_try(conn, made, START + approvals.LIFETIME) is None
        assert await approvals.use(conn, made, START)
        assert not await approvals.use(conn, made, START)
        assert await approvals.claim_try(conn, made, START) is None
    async with database.transaction() as conn:
        assert await approvals.forget_links(conn, START + timedelta(days=3)) == 1
        assert await approvals.find_link(conn, TOKEN) is None


async def test_wrong_tries_rest_the_number_whatever_link_they_come_by(database: Database) -> None:
    async with database.transaction() as conn:
        await approvals.set_number(conn, LEADER, "encoded", START)
    for token in ("first-token", "second-token"):
        made = await link(database, START, token)
        async with database.transaction() as conn:
            held = [await approvals.claim_try(conn, made, START) for _ in range(3)]
        assert held == (["encoded"] * 3 if token == "first-token" else ["encoded", "encoded", None])
    async with database.transaction() as conn:
        assert await approvals.find_link(conn, "first-token") is None  # a new link replaces the old one
        await approvals.forget_number(conn, LEADER)
        assert await approvals.find_link(conn, "second-token") is None
        assert await approvals.have_number(conn, [LEADER]) == set()


async def test_a_code_ties_one_phone_once(database: Database) -> None:
    async with database.transaction() as conn:
        await staff_phones.offer(conn, LEADER, "12345678", START)
        await staff_phones.claim(conn, [Claim(5, "12345679"), Claim(6, "12345678")], START)
        await staff_phones.claim(conn, [Claim(9, "12345678"), Claim(9, "")], START)
        assert await staff_phones.of(conn, LEADER) == 6
        await staff_phones.forget_resident(conn, 6)
        assert await staff_phones.of(conn, LEADER) is None


async def test_addresses_words_and_pictures_are_kept_once(database: Database) -> None:
    image = Prepared(b"bytes", 3, 2)
    async with database.transaction() as conn:
        for email in ("a@example.com", "b@example.com"):
            await staff_contacts.set_email(conn, LEADER, email)
            await word_store.put(conn, Word("集赞", email, "warn"), "bian", START)
            assert await image_store.keep(conn, image, "bian", START) == image.sha256
        assert await staff_contacts.emails(conn, [LEADER, 8]) == {LEADER: "b@example.com"}
        assert await word_store.own(conn) == (Word("集赞", "b@example.com", "warn"),)
        await word_store.remove(conn, "集赞", "bian", START)
        assert [one.weight for one in await word_store.own(conn)] == ["off"]
        assert await image_store.load(conn, [image.sha256, "0" * 64]) == {image.sha256: b"bytes"}
