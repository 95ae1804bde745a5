"""A picture that a colleague sends with a form, made harmless; and one that is taken away for good."""

import asyncio
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import exports
from bot.problems import Problem
from bot.retention.journal import Journal
from bot.web.guard import Visit
from bot.web.routes import MEGABYTE
from content import images
from content.images import Prepared, Purpose, Unusable

LIMIT = 16 * MEGABYTE
"""Of a form with a picture."""


async def picture(visit: Visit, purpose: Purpose = "inline") -> Prepared | None:
    """The picture of the form, as it may be kept; None without one. Problem where it is none."""
    upload = (await visit.form()).file("image")
    if upload is None:
        return None
    try:
        return await asyncio.to_thread(images.prepare, upload.content, purpose)
    except Unusable as error:
        raise Problem(str(error)) from error


async def forget_for_good(conn: AsyncConnection, visit: Visit, sha256: str) -> None:
    """A picture that went is in no pack any more, and does not come back with an older backup either."""
    await exports.forget_packs(conn)
    Journal(Path(visit.service.config.privacy.erasure_journal)).write({"photo": sha256}, visit.now)
