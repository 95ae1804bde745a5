"""E-mail to colleagues: one message over SMTP, and what a refusal means. Plain text only."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from typing import Literal

from bot.config import Campaigns
from bot.problems import Problem

SECONDS = 20
LONGEST_ADDRESS = 120
Security = Literal["tls", "starttls", "none"]


class NotSent(Exception):
    """A notice that did not leave; `words` are for staff, `again` says whether a later try may help."""

    def __init__(self, words: str, *, again: bool) -> None:
        super().__init__(words)
        self.words = words
        self.again = again


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail; the same `key` makes the same Message-ID, so that a repetition can be told."""

    key: str
    to: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The office's way out for e-mail."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    sender: str

    @classmethod
    def of(cls, campaigns: Campaigns) -> "Mailbox | None":
        """As configured; None where the office has none."""
        if not campaigns.mail_host:
            return None
        return cls(
            campaigns.mail_host,
            campaigns.mail_port,
            campaigns.mail_security,
            campaigns.mail_user,
            campaigns.mail_password.get_secret_value(),
            campaigns.mail_from,
        )

    async def send(self, letter: Letter, office: str, now: datetime) -> None:
        """Hand one message to the server; raises NotSent."""
        await asyncio.to_thread(self._send, _message(letter, office, self.sender, now))

    def _send(self, message: EmailMessage) -> None:
        try:
            with self._opened() as server:
                if self.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(message)
        except smtplib.SMTPAuthenticationError as error:
            words = "邮件服务器不认用户名或授权码。请管理员核对 mail_user 和 mail_password。"
            raise NotSent(words, again=False) from error
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            code = _code(error)
            words = f"邮件服务器不收这封信（{code}）。请核对收信和发信的地址。"
            raise NotSent(words, again=400 <= code < 500) from error
        except smtplib.SMTPNotSupportedError as error:
            words = "邮件服务器不支持这种加密或登录方式。请管理员核对 mail_security 和 mail_port。"
            raise NotSent(words, again=False) from error
        except ssl.SSLCertVerificationError as error:
            words = "邮件服务器的证书不可信。请管理员核对 mail_host 是不是写对了。"
            raise NotSent(words, again=False) from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotSent("暂时连不上邮件服务器，稍后会自动再试。", again=True) from error

    def _opened(self) -> smtplib.SMTP:
        if self.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=SECONDS)


def clean_address(written: str) -> str:
    """An e-mail address as it is stored, "" for none; Problem when it cannot be one."""
    address = written.strip()
    local, at, host = address.rpartition("@")
    plain = address.isascii() and address.isprintable() and not set(address) & set(' ,;:<>()[]\\"')
    has_parts = bool(at and local and "." in host.strip("."))
    if address and not (plain and has_parts and len(address) <= LONGEST_ADDRESS):
        raise Problem("这不像一个邮箱地址，没有存下。请核对后再填，例如 name@example.com。")
    return address


def _message(letter: Letter, office: str, sender: str, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"] = formataddr((office, parseaddr(sender)[1]))
    message["To"] = letter.to
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{letter.key}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def _code(error: smtplib.SMTPException) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((code for code, _words in error.recipients.values()), 0)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
