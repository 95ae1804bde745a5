"""PURE. A picture that somebody uploaded, made into one that may go out: looked at by content, written anew.

Writing it anew leaves behind where and by whom a photograph was taken, and whatever else a file may hide.
The platform takes at most 1 MB for a picture in an article; a cover is cut to its 2.35 : 1.
"""

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from PIL import Image, ImageOps, UnidentifiedImageError

Purpose = Literal["cover", "inline"]
COVER_SIZE = (900, 383)
WIDEST, HIGHEST = 1080, 6000
NARROWEST = {"cover": 450, "inline": 200}
LARGEST_UPLOAD = 15 * 1024 * 1024
MOST_PIXELS = {"JPEG": 80_000_000}
MOST_PIXELS_OTHERWISE = 30_000_000
"""A JPEG is opened at a fraction of its size; anything else is held whole."""
MOST_BYTES = 1_000_000
QUALITIES = (88, 80, 70, 60, 45, 30)
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
NOT_A_PICTURE = "这不是能用的图片。请用 JPG 或 PNG；苹果手机的照片请先存成 JPG。"


class Unusable(Exception):
    """A file that cannot be used as a picture; the words are for staff."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture as it is kept: JPEG bytes, its size in pixels."""

    content: bytes
    width: int
    height: int

    @property
    def sha256(self) -> str:
        """What the picture is known by (hex)."""
        return hashlib.sha256(self.content).hexdigest()

    def row(self, by: str, now: datetime) -> dict[str, Any]:
        """What every table of pictures keeps of it."""
        added_at = int(now.timestamp())
        return {"sha256": self.sha256, "content": self.content, "added_by": by, "added_at": added_at}


def intact(content: bytes | None, known_by: str) -> bytes | None:
    """The bytes that were kept, if they are still those that the picture is known by."""
    return content if content is not None and hashlib.sha256(content).hexdigest() == known_by else None


def prepare(given: bytes, purpose: Purpose) -> Prepared:
    """The upload as a JPEG without metadata, upright, of a size that the platform takes; raises Unusable."""
    if len(given) > LARGEST_UPLOAD:
        raise Unusable(f"图片太大，最多 {LARGEST_UPLOAD // 1024 // 1024} MB。请缩小后再传。")
    try:
        with Image.open(io.BytesIO(given), formats=FORMATS) as opened:
            width, height = opened.size
            if width * height > MOST_PIXELS.get(opened.format or "", MOST_PIXELS_OTHERWISE):
                raise Unusable("图片的尺寸太大，请缩小到宽 4000 像素以内再传。")
            if width < NARROWEST[purpose] or height < NARROWEST[purpose] // 3:
                raise Unusable(f"图片太小（{width}×{height}），放大会糊。宽至少 {NARROWEST[purpose]} 像素。")
            opened.draft("RGB", (2 * WIDEST, 2 * WIDEST))
            upright = ImageOps.exif_transpose(opened)
            plain = _on_white(upright)
    except Unusable:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Unusable(NOT_A_PICTURE) from error
    if purpose == "cover":
        fitted = ImageOps.fit(plain, COVER_SIZE)
    else:
        fitted = ImageOps.contain(plain, (WIDEST, HIGHEST)) if _is_too_large(plain) else plain
    return Prepared(_written(fitted), *fitted.size)


def _is_too_large(picture: Image.Image) -> bool:
    return picture.width > WIDEST or picture.height > HIGHEST


def _on_white(picture: Image.Image) -> Image.Image:
    """Without transparency, which a JPEG does not have; the first frame of a moving picture."""
    if picture.mode == "RGB":
        return picture.copy()
    layered = picture.convert("RGBA")
    white = Image.new("RGB", layered.size, "white")
    white.paste(layered, mask=layered.getchannel("A"))
    return white


def _written(picture: Image.Image) -> bytes:
    for quality in QUALITIES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= MOST_BYTES:
            return out.getvalue()
    raise Unusable("图片内容太细，压不到微信要的 1 MB 以内。请裁小或换一张。")
