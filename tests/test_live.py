"""Midnight changes the answers without a restart: a new version takes over, a notice ends."""

from datetime import datetime, timedelta, timezone

from bot.chat.live import LiveContent
from bot.config import Office
from bot.database import Database
from content.rules import lessons, store
from content.rules.lessons import Lesson
from content.rules.parsing import parse

LATE = datetime(2026, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=8), "Asia/Shanghai"))
OLD = parse("清溪市犬只办法\n第一条 遛狗应当牵绳。\n第二条 本办法自2020年1月1日起施行。")
NEW = parse("清溪市犬只办法\n第一条 为了安全。\n第二条 遛狗应当牵绳。\n第三条 本办法自2027年1月1日起施行。")
NOTICE = parse(
    "清溪市人民政府关于焚烧秸秆的通告\n一、不得焚烧秸秆。\n二、本通告自2026年9月1日起施行，有效期至2026年12月31日。"
)
COMING = parse("清溪市电梯办法\n第一条 电动自行车不得进电梯。\n第二条 本办法自2027年1月1日起施行。")


async def test_at_midnight_a_version_takes_over_and_a_notice_ends(database: Database) -> None:
    async with database.transaction() as connection:
        await store.import_documents(connection, [OLD], LATE)
        taught = [Lesson("狗绳子的事", "清溪市犬只办法", "第一条")]
        await lessons.remember(connection, taught, frozenset({("清溪市犬只办法", "第一条")}))
        await store.import_documents(connection, [NEW, NOTICE, COMING], LATE)
    live = LiveContent(Office(area="清溪市"))
    await live.refresh(database, LATE)
    before = live.index
    assert [len(one.articles) for one in before.documents] == [2, 2]
    assert "尚未施行，自2027年1月1日" in live.answer("清溪市电梯办法怎么规定的").reply
    assert live.answer("狗绳子的事").cited == "《清溪市犬只办法》第一条"
    await live.refresh(database, LATE + timedelta(seconds=30))
    assert live.index is before
    await live.refresh(database, LATE + timedelta(minutes=1))
    assert [one.title for one in live.index.documents] == ["清溪市犬只办法", "清溪市电梯办法"]
    assert live.answer("狗绳子的事").cited == "《清溪市犬只办法》第二条"
    assert "尚未施行" not in live.answer("清溪市电梯办法怎么规定的").reply
