"""Passwords of staff: hashing off the event loop, one-time passwords, and what makes one acceptable."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Sequence

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import ARGON2_VERSION

from bot.problems import Problem

SHORTEST, LONGEST = 10, 128
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


class Passwords:
    """argon2id in a thread, a few at a time: a burst of guesses may use neither the loop nor all memory."""

    def __init__(self, hasher: PasswordHasher | None = None, at_once: int = 2) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(at_once)
        self._nobody = encoded_for_nobody(self._hasher)

    async def hash(self, password: str) -> str:
        """The encoded hash with its parameters and salt."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, encoded: str | None, password: str) -> bool:
        """Whether the password is right; None (no such person) costs the same work and is never right."""
        async with self._turn:
            return await asyncio.to_thread(self._verify, encoded or self._nobody, password[:LONGEST]) and (
                encoded is not None
            )

    def _verify(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except VerifyMismatchError:
            return False


def encoded_for_nobody(hasher: PasswordHasher) -> str:
    """A hash with salt and digest of zeros: the usual work to verify, none to make."""
    salt, digest = (
        b64encode(bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${digest}"


def one_time_password(choose: Callable[[Sequence[str]], str]) -> str:
    """Sixteen characters that survive being read out, about 79 bits with `choose=secrets.choice`."""
    letters = [choose(ALPHABET) for _ in range(16)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4))


def check(password: str, name: str) -> None:
    """Raise a Problem that says what a new password lacks."""
    if len(password) < SHORTEST:
        raise Problem(f"新密码太短：至少要 {SHORTEST} 个字符。几个词连在一起，又长又好记。")
    if len(password) > LONGEST:
        raise Problem(f"新密码太长：最多 {LONGEST} 个字符。")
    if name.casefold() in password.casefold():
        raise Problem("新密码里不能有您的登录名，请换一个。")
    if len(set(password)) < 4:
        raise Problem("新密码里重复的字符太多，请换一个。")
