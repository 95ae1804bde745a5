"""The chat as one writes it first for the same promises: aiohttp, wechatpy, one transaction a message.

Four statements an answer, besides BEGIN and COMMIT, each for a promise that the service keeps:

- the sender's row, made or brought up to date, and so locked: two messages of one person do not cross,
  erasure finds the person, and the window of customer service is known;
- the wave, which nobody closes meanwhile, with the draft: no answer reaches a closed wave, and whoever
  comes back goes on where they stopped;
- the draft with the new answer: durable before the reply; the last one becomes the interview, once for each
  respondent, and the draft goes;
- the delivery with its reply: a second one breaks its key, all is rolled back, and it gets the same words.

Left out, to its favour: conditions, quotas and other kinds of questions, emergencies, floods, letters of the
office, a link to the page.
"""

import hashlib
import secrets
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

from aiohttp import web
from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.messages import TextMessage
from wechatpy.replies import create_reply

from bot.chat.inbox import inbox
from bot.database import Database
from bot.residents import respondent_key
from bot.residents.table import residents
from tests.bench import plain_interviews, plain_served
from tests.bench.asked import OPTION_LABELS, title
from tests.bench.plain_interviews import ORDER, Asking
from tests.bench.plain_served import Handler
from tests.bench.served import OPTIONS

CHANNEL = "plain chat"
LIST = "\n".join(f"{at} {label}" for at, label in enumerate(OPTION_LABELS, 1))
INVITATION = "《满意度》共 20 题，每个微信账号可答一次。自愿参加，不记姓名。\n\n参加请回复“同意”。"
THANKS = "您的回答已经保存，只用来做统计，帮助我们改进工作。谢谢您。"

_STORED = select(inbox.c.reply).where(inbox.c.key == bindparam("delivery"))
_KEEP = insert(inbox)


def serve(url: str, port: int, parent: Connection) -> None:
    """The sealed messages of the account at /wechat."""
    plain_served.serve(url, port, parent, "/wechat", handler)


async def handler(database: Database) -> Handler:
    """What answers a sealed message."""
    crypto = WeChatCrypto(OPTIONS.token, OPTIONS.aes_key, OPTIONS.app_id)
    async with database.snapshot() as connection:
        wave = await plain_interviews.asking(connection)

    async def take(request: web.Request) -> web.Response:
        query = request.query
        try:
            opened = crypto.decrypt_message(
                await request.read(), query["msg_signature"], query["timestamp"], query["nonce"]
            )
        except (KeyError, InvalidSignatureException, InvalidAppIdException):
            return web.Response(status=403)
        message = parse_message(opened)
        if not isinstance(message, TextMessage):
            return web.Response(text="success")
        reply = create_reply(await _reply(database, wave, message), message)
        sealed = crypto.encrypt_message(reply.render(), secrets.token_hex(8))
        return web.Response(text=sealed, content_type="application/xml")

    return take


async def _reply(database: Database, wave: Asking, message: TextMessage) -> str:
    """The words that are stored with this delivery, now or by an earlier one."""
    key = hashlib.sha256(f"{message.source}\0{message.id}".encode()).hexdigest()
    moment = plain_served.moment()
    try:
        async with database.transaction() as connection:
            sender = {"id": secrets.randbits(62), "openid": message.source, "last_message_at": moment}
            resident = (
                await connection.execute(_sender(plain_interviews.insert_into(connection)), sender)
            ).scalar_one()
            respondent = respondent_key(message.source, wave.secret)
            words = await _turn(connection, wave, respondent, message.content.strip(), moment)
            kept = {
                "key": key,
                "resident": resident,
                "wave_id": wave.wave_id,
                "reply": words,
                "received_at": moment,
            }
            await connection.execute(_KEEP, kept)
            return words
    except IntegrityError:
        async with database.snapshot() as connection:
            return str((await connection.execute(_STORED, {"delivery": key})).scalar_one())


@cache
def _sender(insert: Callable[..., Any]) -> Any:
    statement = insert(residents).values(following=True)
    changed = {"last_message_at": statement.excluded.last_message_at}
    return statement.on_conflict_do_update(index_elements=["openid"], set_=changed).returning(residents.c.id)


async def _turn(connection: AsyncConnection, wave: Asking, respondent: str, text: str, moment: int) -> str:
    here = await plain_interviews.here(connection, wave, respondent, moment)
    if here is None:
        return "这次调查已经结束，谢谢您的关注。"
    if here.answers is None:
        if text != "问卷":
            return "参加调查请回复“问卷”。"
        if await plain_interviews.is_answered(connection, wave, respondent):
            return "您已经答过这份问卷，谢谢您。"
        await plain_interviews.begin(connection, wave, respondent, moment, "consent", CHANNEL)
        return INVITATION
    if here.state == "consent":
        if text != "同意":
            return INVITATION
        await plain_interviews.keep(connection, wave, respondent, {}, here.started_at, moment, CHANNEL)
        return _question(0)
    answers = plain_interviews.answered(here.answers, text)
    if answers is None:
        return f"请回复选项前面的数字。\n\n{_question(len(here.answers))}"
    await plain_interviews.keep(connection, wave, respondent, answers, here.started_at, moment, CHANNEL)
    return _question(len(answers)) if len(answers) < len(ORDER) else THANKS


def _question(at: int) -> str:
    return f"{at + 1}/{len(ORDER)} {title(ORDER[at])}\n\n{LIST}"
