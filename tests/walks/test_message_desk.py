"""What the rules did not answer reaches the office, and shows there as text."""

from bot import messages
from bot.database import Database
from bot.messages import Asked
from bot.web import message_desk
from bot.web.message_desk import groups
from tests.office import DESKS, open_office


def asked(text: str, at: int, outcome: str = "unknown") -> Asked:
    """One question."""
    return Asked(resident=1, at=at, text=text, outcome=outcome)


def test_equal_questions_stand_together_the_oldest_first() -> None:
    found = groups([asked("图书馆几点开门？", 30), asked("停车费", 20), asked("图书馆几点开门", 10)])
    assert [(one.text, one.times, one.first_at, one.last_at) for one in found] == [
        ("图书馆几点开门", 2, 10, 30),
        ("停车费", 1, 20, 20),
    ]


async def test_waiting_questions_are_shown_and_counted(database: Database) -> None:
    async with open_office(
        database, desks=(*DESKS, message_desk.routes), cards=(message_desk.card,)
    ) as office:
        now = int(office.clock().timestamp())
        browser = await office.signed_in("alice", "editor")
        await browser.opens(message_desk.DESK)
        assert "没有等着处理的留言" in browser.text
        async with database.transaction() as conn:
            await messages.write(
                conn,
                [asked("<b>几点</b>开门", now - 3 * 86_400), asked("第六条", now, outcome="answered")],
            )
        await browser.opens(message_desk.DESK)
        assert "&lt;b&gt;几点&lt;/b&gt;开门" in browser.text
        assert "问了 2 次" in browser.text
        assert "第六条" not in browser.text
        await browser.opens("/office")
        assert "等了 3 天" in browser.text
