"""PURE: what the platform's console asks of a server, and the addresses that it accepts."""

import ipaddress
from dataclasses import dataclass

from bot.config import Account, Server

CONSOLE = "公众平台 mp.weixin.qq.com"
BASICS = f"{CONSOLE} → 设置与开发 → 基本配置"
MODES = {"safe": "安全模式", "compatible": "兼容模式", "plain": "明文模式"}


@dataclass(frozen=True, slots=True)
class ConsoleField:
    """A value to copy into the console; `secret` ones are shown to an admin only."""

    label: str
    value: str
    secret: bool = False


def console_fields(account: Account, server: Server) -> tuple[ConsoleField, ...]:
    """What the form 服务器配置 in the console asks for. Holds secrets: for a page that only admins see."""
    key = account.aes_keys[0].get_secret_value() if account.aes_keys else ""
    return (
        ConsoleField("服务器地址(URL)", f"{server.public_url}/wechat"),
        ConsoleField("令牌(Token)", account.token.get_secret_value(), secret=True),
        ConsoleField("消息加解密密钥(EncodingAESKey)", key, secret=True),
        ConsoleField("消息加解密方式", MODES[account.mode]),
        ConsoleField("数据格式", "XML"),
    )


def address_problem(scheme: str, host: str, port: int | None) -> str:
    """Why the platform would not call this address, for staff; "" when it would."""
    if scheme != "https":
        return "居民的答卷要加密传输，网址应以 https:// 开头。"
    if is_local(host):
        return "这是内部网址，微信访问不到。"
    if _is_number(host):
        return "微信要求使用域名，不能用数字地址。"
    return "" if port in (None, 443) else "微信只访问 443 端口，请去掉端口号。"


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_local(host: str) -> bool:
    """Whether the platform cannot reach it: a name without a dot, a name of a private network, loopback."""
    if _is_number(host):
        return ipaddress.ip_address(host).is_loopback
    return "." not in host or host.endswith((".local", ".internal", ".localhost"))
