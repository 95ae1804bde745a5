"""Interviews that were held elsewhere become interviews of a wave, by the command and by the desk alike."""

import hashlib
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.office import audit
from surveys import progress, store, touches
from surveys.importing.responses import Responses
from surveys.waves import Wave

ACT = "导入答卷"
_PART = 500
"""Interviews that are recorded by one statement."""


async def keep(
    conn: AsyncConnection, wave: Wave, read: Responses, file: str, content: bytes, now: datetime, actor: str
) -> int:
    """Record what was read from a file, and the act; returns how many interviews are new.

    The wave is counted anew afterwards. Who is there already, or finds a quota full, changes nothing.
    """
    added = 0
    for start in range(0, len(read.interviews), _PART):
        added += len(await store.record(conn, read.interviews[start : start + _PART]))
    await progress.reset(conn, wave.id)
    await touches.touch_all(conn, wave.id)
    detail = {
        "文件": file,
        "份数": added,
        "没有再记": len(read.interviews) - added + len(read.repeated),
        "SHA256": hashlib.sha256(content).hexdigest(),
    }
    await audit.write(conn, now, actor, ACT, wave.name, detail)
    return added
