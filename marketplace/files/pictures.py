"""Pictures are never kept as they came: decoded within limits and written anew, upright and without metadata."""

import contextlib
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageCms, ImageOps

from marketplace.core.errors import Invalid

MAX_PIXELS = 24_000_000
MAX_SIDE = 10_000
#: Longest side of what we keep, and of the small copy beside it, in pixels.
LARGE = 1600
SMALL = 480
#: What people may send. GIF, SVG and the rest are refused before their decoder runs.
FORMATS = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True)
class Picture:
    """A picture written anew: ``large`` (at most 1600 px), ``small`` (at most 480 px), both of ``media_type``."""

    large: bytes
    small: bytes
    media_type: str
    width: int
    height: int


def rewrite(content: bytes) -> Picture:
    """Decode ``content`` and write it anew as JPEG (WebP where it has transparency), sRGB, without metadata.

    Takes time: call it before a transaction begins. Raises ``Invalid`` with ``picture_empty``, ``picture_unreadable``
    (not JPEG, PNG or WebP, or damaged), ``picture_too_large`` (over 24 megapixels or 10,000 pixels a side, told from
    the header before anything is decoded) or ``picture_moves`` (several frames).
    """
    if not content:
        raise Invalid("picture_empty")
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            _check_header(image)
            return _write(_upright(image))
    except Invalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except Exception as error:  # on hostile bytes a decoder may fail in any way: all of them mean "no picture"
        raise Invalid("picture_unreadable") from error


def _check_header(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _too_large()
    # A phone's JPEG may carry a second, smaller copy (MPO): its first frame is the picture.
    if image.format in ("PNG", "WEBP") and getattr(image, "n_frames", 1) > 1:
        raise Invalid("picture_moves")


def _too_large() -> Invalid:
    return Invalid("picture_too_large", megapixels=MAX_PIXELS // 1_000_000, side=MAX_SIDE)


def _upright(image: Image.Image) -> Image.Image:
    """The picture in sRGB, eight bits a channel, turned as its camera said, with nothing but pixels."""
    if image.mode in ("RGB", "L"):  # a large JPEG is decoded at a fraction of its size; other formats ignore this
        image.draft(image.mode, (LARGE, LARGE))
    image.load()
    profile = image.info.get("icc_profile")
    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I"):  # 16 bits of grey
        turned = turned.convert("I").point(lambda value: value * (1 / 256))
        turned = turned.convert("L")
    if profile and turned.mode in ("RGB", "CMYK"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):  # a broken profile is dropped
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(turned, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            turned = converted or turned
    clear = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
    clear.info = {}
    return clear


def _write(image: Image.Image) -> Picture:
    media_type = "image/webp" if image.mode == "RGBA" else "image/jpeg"
    image.thumbnail((LARGE, LARGE), Image.Resampling.LANCZOS)
    small = image.copy()
    small.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    return Picture(
        large=_encode(image, media_type),
        small=_encode(small, media_type),
        media_type=media_type,
        width=image.width,
        height=image.height,
    )


def _encode(image: Image.Image, media_type: str) -> bytes:
    out = BytesIO()
    if media_type == "image/webp":
        image.save(out, "WEBP", quality=82, method=4)
    else:
        image.save(out, "JPEG", quality=82, optimize=True, progressive=True)
    return out.getvalue()
