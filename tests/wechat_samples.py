"""An account, its messages as the platform writes them, and an independent hand that signs and seals them."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree

from pydantic import SecretStr
from wechatpy.crypto import WeChatCrypto

from bot.config import Account

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=timezone(timedelta(hours=8), "Asia/Shanghai"))
SECONDS = str(int(NOW.timestamp()))
TOKEN = "a-callback-token"
APP_ID = "wx0123456789abcdef"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OLD_KEY = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba"
OFFICE = "gh_0a1b2c3d4e5f"
AUNT = "oAunt-Wang_0123456789abcdefg"


def account(mode: str = "safe", **changes: object) -> Account:
    settings: dict[str, object] = {
        "app_id": APP_ID,
        "original_id": OFFICE,
        "secret": "an-app-secret",
        "token": TOKEN,
        "aes_keys": (KEY,) if mode != "plain" else (),
        "mode": mode,
    }
    return Account.model_validate(settings | changes)


def keys(*values: str) -> tuple[SecretStr, ...]:
    return tuple(SecretStr(value) for value in values)


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def plain_query(seconds: str = SECONDS, nonce: str = "1320562132", **more: str) -> dict[str, str]:
    signed = {"signature": sha1(TOKEN, seconds, nonce), "timestamp": seconds, "nonce": nonce}
    return signed | {"openid": AUNT} | more


def sealed_query(sealed: str, seconds: str = SECONDS, nonce: str = "1320562132") -> dict[str, str]:
    signed = sha1(TOKEN, seconds, nonce, sealed)
    return plain_query(seconds, nonce) | {"encrypt_type": "aes", "msg_signature": signed}


def seal(inner: str, key: str = KEY, app_id: str = APP_ID) -> str:
    envelope = WeChatCrypto(TOKEN, key, app_id).encrypt_message(inner, "1", SECONDS)
    sealed = ElementTree.fromstring(envelope).findtext("Encrypt")
    assert sealed is not None
    return sealed


def envelope(sealed: str) -> bytes:
    to = f"<ToUserName><![CDATA[{OFFICE}]]></ToUserName>"
    return f"<xml>\n    {to}\n    <Encrypt><![CDATA[{sealed}]]></Encrypt>\n</xml>".encode()


def sealed_request(inner: str, key: str = KEY, app_id: str = APP_ID) -> tuple[dict[str, str], bytes]:
    sealed = seal(inner, key, app_id)
    return sealed_query(sealed), envelope(sealed)


def message(kind: str, more: Mapping[str, object] | str = "", created: str = SECONDS) -> str:
    """A message or an event as XML; `more` are its own fields, or XML of them."""
    own = more if isinstance(more, str) else "\n".join(_element(*item) for item in more.items())
    return (
        f"<xml><ToUserName><![CDATA[{OFFICE}]]></ToUserName>\n"
        f"<FromUserName><![CDATA[{AUNT}]]></FromUserName>\n<CreateTime>{created}</CreateTime>\n"
        f"<MsgType><![CDATA[{kind}]]></MsgType>\n{own}\n</xml>"
    )


def event(name: str, more: Mapping[str, object] | str = "", created: str = SECONDS) -> str:
    own = more if isinstance(more, str) else "\n".join(_element(*item) for item in more.items())
    return message("event", f"<Event><![CDATA[{name}]]></Event>\n{own}", created)


def _element(name: str, value: object) -> str:
    return f"<{name}>{value}</{name}>" if isinstance(value, int) else f"<{name}><![CDATA[{value}]]></{name}>"


def text(words: str, msg_id: int = 24_000_000_000_000_001, **more: object) -> str:
    cdata = words.replace("]]>", "]]]]><![CDATA[>")
    return message("text", {"Content": cdata, "MsgId": msg_id} | more)


_MEDIA = {"MediaId": "media-id-1", "MsgId": 24_000_000_000_000_002}
_CODE = (
    "<ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType>"
    "<ScanResult><![CDATA[1]]></ScanResult></ScanCodeInfo>"
)
_PICTURES = (
    "<EventKey><![CDATA[pic]]></EventKey><SendPicsInfo><Count>2</Count><PicList>"
    "<item><PicMd5Sum><![CDATA[5a75]]></PicMd5Sum></item><item><PicMd5Sum><![CDATA[5a76]]></PicMd5Sum></item>"
    "</PicList></SendPicsInfo>"
)
_PLACE = (
    "<EventKey><![CDATA[6]]></EventKey><SendLocationInfo><Location_X><![CDATA[23]]></Location_X>"
    "<Location_Y><![CDATA[113]]></Location_Y><Scale><![CDATA[15]]></Scale></SendLocationInfo>"
)
_COPYRIGHT = (
    "<CopyrightCheckResult><Count>1</Count><ResultList><item><ArticleIdx>1</ArticleIdx>"
    "<UserDeclareState>0</UserDeclareState></item></ResultList><CheckState>2</CheckState></CopyrightCheckResult>"
    "<ArticleUrlResult><Count>1</Count><ResultList><item><ArticleIdx>1</ArticleIdx>"
    "<ArticleUrl><![CDATA[https://mp.weixin.qq.com/s/x]]></ArticleUrl></item></ResultList></ArticleUrlResult>"
)


def _finished(status: str, sent: int, more: str = "") -> str:
    counts = {"MsgID": 1000001625, "Status": status, "TotalCount": 100, "FilterCount": 80}
    fields = counts | {"SentCount": sent, "ErrorCount": 80 - sent}
    return event("MASSSENDJOBFINISH", "".join(_element(*item) for item in fields.items()) + more)


def _notice(template: str, words: str, tag: str = "SubscribeStatusString") -> str:
    return f"<List><TemplateId><![CDATA[{template}]]></TemplateId><{tag}><![CDATA[{words}]]></{tag}></List>"


def _published(status: int, more: str = "") -> str:
    info = f"<publish_id>2247503051</publish_id><publish_status>{status}</publish_status>{more}"
    return event("PUBLISHJOBFINISH", f"<PublishEventInfo>{info}</PublishEventInfo>")


_ARTICLE = (
    "<article_id><![CDATA[b5O2]]></article_id><article_detail><count>1</count><item><idx>1</idx>"
    "<article_url><![CDATA[https://mp.weixin.qq.com/s/y]]></article_url></item></article_detail>"
)
_SENT = (
    "<List><TemplateId><![CDATA[T1]]></TemplateId><MsgID>1864323726461255680</MsgID>"
    "<ErrorCode>0</ErrorCode><ErrorStatus><![CDATA[success]]></ErrorStatus></List>"
)
_KF = {"KfAccount": "desk1@office"}

GOLDEN: dict[str, str] = {
    "text": text("遛狗有什么规定"),
    "text, empty": text(""),
    "text, markup": text('<a href="x">1</a> & <!DOCTYPE x> ]]> <!ENTITY y>'),
    "text, emoji": text("谢谢👍🏽👨‍👩‍👧"),
    "text, lines": text("一\n二\r\n三"),
    "text, long": text("文" * 680),
    "text, tapped": text("满意", bizmsgmenuid="101"),
    "text, of an article": text("赞", MsgDataId="1", Idx=1),
    "text, upper-case type": message("TEXT", {"Content": "好", "MsgId": 1}),
    "text, no id": message("text", {"Content": "好"}),
    "image": message("image", {"PicUrl": "http://mmbiz.qpic.cn/1"} | _MEDIA),
    "voice": message("voice", {"Format": "amr"} | _MEDIA),
    "voice, recognised": message("voice", {"Format": "amr", "Recognition": "我选很满意。"} | _MEDIA),
    "video": message("video", {"ThumbMediaId": "t"} | _MEDIA),
    "short video": message("shortvideo", {"ThumbMediaId": "t"} | _MEDIA),
    "location": message("location", {"Location_X": "23.1", "Location_Y": "113.3", "Scale": 20, "MsgId": 3}),
    "link": message("link", {"Title": "公告", "Description": "", "Url": "https://example.org", "MsgId": 4}),
    "file": message("file", {"Title": "表.docx", "FileKey": "k", "MsgId": 5}),
    "unknown type": message("sticker_2031", {"MsgId": 6, "Body": "x"}),
    "mini program page": message("miniprogrampage", {"Title": "x", "MsgId": 7}),
    "subscribe": event("subscribe", {"EventKey": ""}),
    "subscribe, scanned": event("subscribe", {"EventKey": "qrscene_town-7", "Ticket": "TICKET"}),
    "subscribe, other key": event("subscribe", {"EventKey": "last_trade_no_4003"}),
    "unsubscribe": event("unsubscribe", {"EventKey": ""}),
    "scan": event("SCAN", {"EventKey": "town-7", "Ticket": "TICKET"}),
    "scan, number": event("SCAN", {"EventKey": 7, "Ticket": "TICKET"}),
    "reported location": event("LOCATION", {"Latitude": "23.1", "Longitude": "113.3", "Precision": "119"}),
    "click": event("CLICK", {"EventKey": "RULES"}),
    "click, mixed case": event("Click", {"EventKey": "RULES"}),
    "view": event("VIEW", {"EventKey": "https://example.org/q", "MenuId": 407}),
    "view mini program": event("view_miniprogram", {"EventKey": "pages/index", "MenuId": 407}),
    "scan code, pushed": event("scancode_push", "<EventKey><![CDATA[6]]></EventKey>" + _CODE),
    "scan code, waiting": event("scancode_waitmsg", "<EventKey><![CDATA[6]]></EventKey>" + _CODE),
    "camera": event("pic_sysphoto", _PICTURES),
    "camera or album": event("pic_photo_or_album", _PICTURES),
    "album": event("pic_weixin", _PICTURES),
    "place chosen": event("location_select", _PLACE),
    "mass, sent": _finished("send success", 75, _COPYRIGHT),
    "mass, sent, joined word": _finished("sendsuccess", 75),
    "mass, failed": _finished("send fail", 0),
    "mass, refused": _finished("err(10001)", 0),
    "template, sent": event("TEMPLATESENDJOBFINISH", {"MsgID": 200163836, "Status": "success"}),
    "template, blocked": event("TEMPLATESENDJOBFINISH", {"MsgID": 200163840, "Status": "failed:user block"}),
    "template, failed": event("TEMPLATESENDJOBFINISH", {"MsgID": "id-x", "Status": "failed: system failed"}),
    "published": _published(0, _ARTICLE),
    "not published": _published(2, "<fail_idx>1</fail_idx><fail_idx>2</fail_idx>"),
    "notice, one choice": event(
        "subscribe_msg_popup_event",
        f"<SubscribeMsgPopupEvent><New>1</New>{_notice('T1', 'accept')}</SubscribeMsgPopupEvent>",
    ),
    "notice, two choices": event(
        "subscribe_msg_popup_event",
        "<SubscribeMsgPopupEvent>"
        + _notice("T1", "accept")
        + _notice("T2", "reject")
        + "</SubscribeMsgPopupEvent>",
    ),
    "notice, changed": event(
        "subscribe_msg_change_event",
        f"<SubscribeMsgChangeEvent>{_notice('T1', 'reject')}</SubscribeMsgChangeEvent>",
    ),
    "notice, sent": event(
        "subscribe_msg_sent_event", f"<SubscribeMsgSentEvent>{_SENT}</SubscribeMsgSentEvent>"
    ),
    "notice, none": event("subscribe_msg_sent_event"),
    "desk opens": event("kf_create_session", _KF),
    "desk closes": event("kf_close_session", _KF),
    "desk hands over": event("kf_switch_session", {"FromKfAccount": "a@office", "ToKfAccount": "b@office"}),
    "consent taken back": event("user_authorization_revoke", {"OpenID": AUNT, "RevokeInfo": "1"}),
    "consent ended": event("user_authorization_cancellation", {"OpenID": AUNT}),
    "profile changed": event("user_info_modified", {"OpenID": AUNT}),
    "qualified": event("qualification_verify_success", {"ExpiredTime": 1795341600}),
    "not qualified": event("qualification_verify_fail", {"FailTime": 1795341600, "FailReason": "by time"}),
    "named": event("naming_verify_success", {"ExpiredTime": 1795341600}),
    "not named": event("naming_verify_fail", {"FailTime": 1795341600, "FailReason": "by time"}),
    "renewal due": event("annual_renew", {"ExpiredTime": 1795341600}),
    "qualification over": event("verify_expired", {"ExpiredTime": 1795341600}),
    "unknown event": event("a_thing_of_2031", {"EventKey": "x"}),
}
