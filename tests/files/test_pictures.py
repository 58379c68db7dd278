"""What comes in as a picture goes out as pixels, or not at all (bad_inputs UPL-001 to UPL-029)."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from marketplace.core.errors import Invalid
from marketplace.files import pictures
from tests.factories.files import draw


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def refusal(content: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        pictures.rewrite(content)
    return caught.value.code


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def test_position_camera_and_thumbnail_are_gone() -> None:
    exif = Image.Exif()
    exif[0x010F] = "MAY ANH 123"
    exif.get_ifd(0x8825).update({1: "N", 2: (21.0, 1.0, 42.6), 3: "E", 4: (105.0, 51.0, 15.1)})
    content = draw(1200, 900, exif=exif, comment=b"<?php system('id'); ?>", xmp=b"<x:xmpmeta>nha toi</x:xmpmeta>")
    assert b"MAY ANH" in content
    assert b"<?php" in content
    assert b"nha toi" in content

    written = pictures.rewrite(content)

    for copy in (written.large, written.small):
        assert not opened(copy).getexif()
        assert opened(copy).info.keys() <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
        }
        assert not any(trace in copy for trace in (b"MAY ANH", b"<?php", b"nha toi", b"Exif"))
    assert opened(written.large).size == (1200, 900)
    red, green, blue = opened(written.large).getpixel((600, 450))
    assert (abs(red - 0x1F), abs(green - 0x6B), abs(blue - 0x3A)) < (4, 4, 4)


def test_a_picture_lying_on_its_side_is_set_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    written = pictures.rewrite(draw(400, 300, exif=exif))
    assert (written.width, written.height) == (300, 400)


def test_words_inside_a_png_are_gone() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Home", "12 duong Nguyen Hue", zip=False)
    words.add_text("Zipped", "12 duong Nguyen Hue", zip=True)
    written = pictures.rewrite(draw(kind="PNG", pnginfo=words))
    assert b"Nguyen Hue" not in written.large
    assert written.media_type == "image/jpeg"


def test_large_pictures_become_smaller_and_small_ones_stay() -> None:
    written = pictures.rewrite(draw(4000, 3000))
    assert opened(written.large).size == (1600, 1200)
    assert opened(written.small).size == (480, 360)
    assert opened(pictures.rewrite(draw(200, 100)).small).size == (200, 100)


def test_transparency_stays_as_webp() -> None:
    written = pictures.rewrite(draw(kind="PNG", mode="RGBA", colour="#1f6b3a80"))
    assert written.media_type == "image/webp"
    assert opened(written.large).has_transparency_data


def test_print_colours_become_screen_colours() -> None:
    out = BytesIO()
    Image.new("CMYK", (40, 40), (0, 255, 255, 0)).save(out, "JPEG")
    red, green, blue = opened(pictures.rewrite(out.getvalue()).large).getpixel((20, 20))
    assert red > 200
    assert max(green, blue) < 60


def test_sixteen_bits_of_grey_become_eight() -> None:
    out = BytesIO()
    Image.new("I;16", (40, 40), 40000).save(out, "PNG")
    grey = opened(pictures.rewrite(out.getvalue()).large).getpixel((20, 20))
    assert abs(grey[0] - 40000 // 256) < 4


def test_a_colour_profile_is_applied_and_a_broken_one_dropped() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (profile, b"not a profile", profile[:60]):
        written = pictures.rewrite(draw(icc_profile=icc))
        assert "icc_profile" not in opened(written.large).info


def test_a_second_copy_inside_a_phones_jpeg_is_left_out() -> None:
    out = BytesIO()
    first, second = Image.new("RGB", (64, 48), "red"), Image.new("RGB", (32, 24), "blue")
    first.save(out, "MPO", save_all=True, append_images=[second])
    assert pictures.rewrite(out.getvalue()).width == 64


def test_bytes_after_the_picture_are_left_out() -> None:
    written = pictures.rewrite(draw() + b"PK\x03\x04 secret archive")
    assert b"PK\x03\x04" not in written.large


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a/*<script>alert(1)</script>*/",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\xff\xd8\xff\xe0<html><script>alert(1)</script></html>",
        b"%PDF-1.7\n",
        draw()[:200],
        png_header(40, 40) + b"\x00\x00\x00\x04IDATabcd\x00\x00\x00\x00",
    ],
    ids=["html", "gif polyglot", "svg", "html behind a jpeg head", "pdf", "cut off", "wrong checksum"],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    assert refusal(content) == "picture_unreadable"


def test_an_empty_file_is_refused() -> None:
    assert refusal(b"") == "picture_empty"


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (1, 60_000), (6_000, 4_001), (10_001, 10)])
def test_size_is_told_from_the_header_alone(width: int, height: int) -> None:
    assert refusal(png_header(width, height) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")) == "picture_too_large"


def test_the_largest_lawful_picture_is_taken() -> None:
    assert pictures.rewrite(draw(6000, 4000)).width == 1600


def test_moving_pictures_are_refused() -> None:
    out = BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    assert refusal(out.getvalue()) == "picture_moves"


def test_words_that_swell_are_refused() -> None:
    bomb = zlib.compress(b"a" * 5_000_000)
    content = draw(kind="PNG")
    text = chunk(b"zTXt", b"Comment\x00\x00" + bomb)
    assert refusal(content[:33] + text + content[33:]) == "picture_unreadable"
