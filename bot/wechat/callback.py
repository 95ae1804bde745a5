"""A request of the platform -> Incoming or Refused. PURE and total: no bytes make it raise.

Safe mode believes only `msg_signature`, which covers the ciphertext; the plain `signature` covers no
body, so one leaked query would sign anything. Replays inside the freshness window are told by
`Incoming.key`, not here.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from bot.config import Account
from bot.wechat.crypto import AesKey, aes_key, signature
from bot.wechat.fields import Fields, Refusal, number, parse, scalar
from bot.wechat.incoming import KINDS, Incoming, Job, Notice, Refused

BODY_LIMIT = 64 * 1024
"""Bytes of a request that are read at all; real messages stay under 4 KiB."""
FRESH_SECONDS = 300

_STICKER = re.compile("[【\\[]收到不支持的消息类型[，,]暂无法显示[】\\]]")
"""What WeChat puts in place of a sticker and the like: no words of the person's, least of all an answer."""
_PARAMETER_LIMIT = 256
_ID_LIMIT = 64
_NAME = re.compile(r"[!-;=?-~]{1,64}")  # printable ASCII without blanks and angle brackets
_ECHO = re.compile(r"[!-;=?-~]{1,256}")
_EVENT = re.compile(r"[a-z0-9_]{1,64}")
_NOTICES = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
    "subscribe_msg_sent_event": "SubscribeMsgSentEvent",
}


def read(query: Mapping[str, str], body: bytes, now: datetime, account: Account) -> Incoming | Refused:
    """The message of a POST. `query` may be a MultiDict; `now` is aware."""
    try:
        if len(body) > BODY_LIMIT:
            raise Refusal(413, "too_large")
        _refuse_odd(query)
        if account.mode == "safe" or (account.mode == "compatible" and query.get("encrypt_type") == "aes"):
            return _read_sealed(query, body, now, account)
        return _read_plain(query, body, now, account)
    except Refusal as refusal:
        return refusal.refused


def verify(query: Mapping[str, str], now: datetime, account: Account) -> str | Refused:
    """The `echostr` to answer the console's GET with; signed plainly in every mode."""
    try:
        _refuse_odd(query)
        _check_signed(query, "signature", now, account)
        echo = query.get("echostr", "")
        if _ECHO.fullmatch(echo) is None:
            raise Refusal(400, "echostr")
        return echo
    except Refusal as refusal:
        return refusal.refused


def _refuse_odd(query: Mapping[str, str]) -> None:
    """Refuse what two readers could understand in two ways: repeated, array and endless parameters."""
    if len(set(query)) != len(query):
        raise Refusal(400, "repeated_parameter")
    for value in query.values():
        if not isinstance(value, str) or len(value) > _PARAMETER_LIMIT:
            raise Refusal(400, "parameter")


def _check_signed(query: Mapping[str, str], name: str, now: datetime, account: Account, *sealed: str) -> None:
    """Freshness is judged after the signature, so that "stale" always tells of a wrong clock."""
    timestamp = query.get("timestamp", "")
    given = query.get(name, "")
    if not given:
        raise Refusal(403, "unsigned")
    right = signature(account.token.get_secret_value(), timestamp, query.get("nonce", ""), *sealed)
    if not hmac.compare_digest(right.encode(), given.encode("utf-8", "replace")):
        raise Refusal(403, "signature")
    if abs(now.timestamp() - number(timestamp)) > FRESH_SECONDS:
        raise Refusal(403, "stale")


def _is_signed(query: Mapping[str, str], now: datetime, account: Account) -> bool:
    """Whether the plain signature is right: enough to tell staff how WeChat encrypts, never to believe."""
    try:
        _check_signed(query, "signature", now, account)
    except Refusal:
        return False
    return True


def _read_sealed(query: Mapping[str, str], body: bytes, now: datetime, account: Account) -> Incoming:
    sealed = _parse(body).text("Encrypt")
    if not sealed or query.get("encrypt_type", "aes") != "aes":
        raise Refusal(403, "plain_body", "plain" if _is_signed(query, now, account) else "")
    _check_signed(query, "msg_signature", now, account, sealed)
    content, key = _open(sealed, account)
    return _incoming(_parse(content), account, key)


def _read_plain(query: Mapping[str, str], body: bytes, now: datetime, account: Account) -> Incoming:
    _check_signed(query, "signature", now, account)
    fields = _parse(body)
    if "Encrypt" in fields and (account.mode == "compatible" or "MsgType" not in fields):
        raise Refusal(403, "sealed_body", "safe" if account.mode == "plain" else "")
    return _incoming(fields, account, None)


def _open(sealed: str, account: Account) -> tuple[bytes, AesKey]:
    """Decrypt with the current key, then with the previous ones, as keys are changed at the console first."""
    app_id = account.app_id.encode()
    foreign = False
    for secret in account.aes_keys:
        key = aes_key(secret.get_secret_value())
        opened = key.open(sealed)
        if opened is not None:
            if hmac.compare_digest(opened[1], app_id):
                return opened[0], key
            foreign = True
    raise Refusal(403, "app_id") if foreign else Refusal(400, "ciphertext")


def _parse(body: bytes) -> Fields:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(400, "encoding") from None
    if text.startswith("{"):
        raise Refusal(400, "json")
    return parse(text)


def _incoming(fields: Fields, account: Account, envelope: AesKey | None) -> Incoming:
    openid = _name(fields, "FromUserName")
    to = _name(fields, "ToUserName")
    if account.original_id and to != account.original_id:
        raise Refusal(403, "account")
    created = fields.number("CreateTime")
    if created <= 0:
        raise Refusal(400, "time")
    kind_name = fields.text("MsgType").strip().lower()
    if not kind_name:
        raise Refusal(400, "type")
    msg_id = fields.text("MsgId") or fields.text("MsgID")
    if len(msg_id) > _ID_LIMIT:
        raise Refusal(400, "message_id")
    if kind_name == "event":
        return _event(fields, openid, to, created, msg_id, envelope)
    kind = KINDS.get(kind_name, "unknown")
    text = fields.text("Content" if kind == "text" else "Recognition") if kind in ("text", "voice") else ""
    if kind == "text" and _STICKER.fullmatch(text.strip()):
        kind, text = "unknown", ""
    media_id = fields.text("MediaId")
    told_apart = ("m", msg_id) if msg_id else ("n", kind_name, text, media_id)
    return Incoming(
        openid=openid,
        account=to,
        created=created,
        kind=kind,
        key=_key(openid, str(created), *told_apart),
        text=text,
        msg_id=msg_id,
        menu_id=fields.text("bizmsgmenuid"),
        media_id=media_id,
        envelope=envelope,
    )


def _event(
    fields: Fields, openid: str, to: str, created: int, msg_id: str, envelope: AesKey | None
) -> Incoming:
    event = fields.text("Event").strip().lower()
    if _EVENT.fullmatch(event) is None:
        raise Refusal(400, "event")
    event_key = fields.text("EventKey")
    ticket = fields.text("Ticket")
    job = _job(event, fields, msg_id)
    notices = tuple(_notices(event, fields))
    key = _key(
        openid,
        str(created),
        "e",
        event,
        event_key,
        ticket,
        msg_id,
        job.id if job else "",
        *(part for notice in notices for part in (notice.template_id, notice.msg_id)),
    )
    from_code = event == "scan" or (event == "subscribe" and event_key.startswith("qrscene_"))
    return Incoming(
        openid=openid,
        account=to,
        created=created,
        kind="event",
        key=key,
        event=event,
        msg_id=msg_id,
        event_key=event_key.removeprefix("qrscene_") if from_code else event_key,
        scanned=from_code,
        ticket=ticket,
        job=job,
        notices=notices,
        envelope=envelope,
    )


def _job(event: str, fields: Fields, msg_id: str) -> Job | None:
    if event == "masssendjobfinish":
        return Job(
            id=msg_id,
            status=fields.text("Status")[:_ID_LIMIT],
            total=fields.number("TotalCount"),
            filtered=fields.number("FilterCount"),
            sent=fields.number("SentCount"),
            errors=fields.number("ErrorCount"),
        )
    if event == "templatesendjobfinish":
        return Job(id=msg_id, status=fields.text("Status"))
    if event == "publishjobfinish":
        info = fields.group("PublishEventInfo")
        return Job(
            id=scalar(info, "publish_id"),
            status=scalar(info, "publish_status"),
            article_id=scalar(info, "article_id"),
        )
    return None


def _notices(event: str, fields: Fields) -> list[Notice]:
    name = _NOTICES.get(event)
    if name is None:
        return []
    return [
        Notice(
            template_id=scalar(group, "TemplateId"),
            status=scalar(group, "SubscribeStatusString") or scalar(group, "ErrorStatus"),
            msg_id=scalar(group, "MsgID"),
            code=number(scalar(group, "ErrorCode")),
        )
        for group in fields.lists(name)
    ]


def _name(fields: Fields, name: str) -> str:
    value = fields.text(name)
    if _NAME.fullmatch(value) is None:
        raise Refusal(400, "name")
    return value


def _key(*parts: str) -> str:
    """XML holds no NUL, so that no part can run into the next."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
