"""Drawn pictures of products for the demonstration: shapes only, so that nobody takes them for photographs."""

import io
import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1200, 900
_PICTURE = (960, 720)
#: Shapes are placed on a sheet of 1200 x 900, drawn larger than the picture and made smaller: smooth edges.
_SCALE = 1.6
Colour = tuple[int, int, int]
Painter = Callable[[ImageDraw.ImageDraw, random.Random, Colour], None]

_PAPER: tuple[Colour, ...] = ((250, 240, 219), (236, 244, 232), (247, 233, 224), (232, 240, 246), (245, 238, 247))
_GOODS: tuple[Colour, ...] = (
    (183, 121, 31),
    (140, 74, 36),
    (88, 120, 52),
    (166, 52, 27),
    (196, 152, 60),
    (104, 62, 40),
)
_CLAY: Colour = (170, 108, 72)
_LEAF: Colour = (62, 120, 66)
_FAR_LEAF: Colour = (166, 196, 158)
_GLASS: Colour = (214, 226, 222)

#: Words of a product's name (folded) that choose the shape; the first that fits wins.
_SHAPES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("che ", "tra ", "hong tra", "ca phe"), "cup"),
    (("ruou", "nuoc mam", "mam", "tuong", "dau ", "tinh dau", "giam"), "bottle"),
    (("mat ong", "mat hoa", "bot", "cao ", "yen", "muoi", "duong", "ruoc", "dong trung"), "jar"),
    (("gao", "nep", "hat ", "dieu", "tieu", "lac", "dau", "mac ca", "ngu coc"), "sack"),
    (("du lich", "homestay", "ecohost", "diem"), "hills"),
    (("gio", "tre", "may", "coi", "tho cam", "non", "dan", "khan", "tham"), "basket"),
)


def draw_picture(name_fold: str, group: str, *, number: int) -> bytes:
    """A JPEG of 960 x 720 that fits the product's name and group; the same input gives the same picture."""
    rng = random.Random(f"{name_fold}:{number}")
    paper = _PAPER[rng.randrange(len(_PAPER))]
    image = Image.new("RGB", (round(WIDTH * _SCALE), round(HEIGHT * _SCALE)), paper)
    pen = ImageDraw.Draw(image)
    _background(pen, rng, paper)
    _PAINTERS[_shape_for(name_fold, group)](pen, rng, _GOODS[rng.randrange(len(_GOODS))])
    small = image.resize(_PICTURE, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=82)
    return out.getvalue()


def _shape_for(name_fold: str, group: str) -> str:
    padded = f"{name_fold} "
    for words, shape in _SHAPES:
        if any(padded.startswith(word) or f" {word}" in padded for word in words):
            return shape
    return {"handicraft": "basket", "tourism": "hills", "herbal": "jar", "drink": "bottle"}.get(group, "bowl")


def _at(*numbers: float) -> list[float]:
    return [number * _SCALE for number in numbers]


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (max(0, min(255, round(part * factor))) for part in colour)
    return red, green, blue


def _background(pen: ImageDraw.ImageDraw, rng: random.Random, paper: Colour) -> None:
    pen.ellipse(_at(150, 40, 1050, 860), fill=_shade(paper, 0.95))
    pen.rectangle(_at(0, 690, WIDTH, HEIGHT), fill=_shade(paper, 0.86))
    for _ in range(6):
        left = rng.uniform(0, WIDTH)
        _leaf(pen, left, rng.uniform(30, 240), rng.uniform(40, 80), rng.uniform(0, math.tau), _FAR_LEAF)
    pen.ellipse(_at(300, 690, 900, 760), fill=_shade(paper, 0.74))


def _leaf(pen: ImageDraw.ImageDraw, x: float, y: float, length: float, angle: float, colour: Colour) -> None:
    points = []
    for step in range(21):
        along = step / 20
        width = math.sin(math.pi * along) * length * 0.22
        points.append((along * length, width))
    outline = points + [(a, -w) for a, w in reversed(points)]
    turned = [
        (
            (x + a * math.cos(angle) - w * math.sin(angle)) * _SCALE,
            (y + a * math.sin(angle) + w * math.cos(angle)) * _SCALE,
        )
        for a, w in outline
    ]
    pen.polygon(turned, fill=colour)


def _label(pen: ImageDraw.ImageDraw, box: tuple[float, float, float, float], colour: Colour) -> None:
    left, top, right, bottom = box
    pen.rounded_rectangle(_at(*box), radius=round(16 * _SCALE), fill=(252, 249, 240))
    middle = (left + right) / 2
    size = min(right - left, bottom - top) * 0.5
    for turn in (-0.9, -1.57, -2.24):
        _leaf(pen, middle, bottom - (bottom - top) * 0.22, size, turn, colour)


def _cup(pen: ImageDraw.ImageDraw, rng: random.Random, goods: Colour) -> None:
    pen.ellipse(_at(740, 430, 930, 640), outline=_CLAY, width=round(34 * _SCALE))
    pen.rounded_rectangle(_at(360, 380, 800, 720), radius=round(120 * _SCALE), fill=_CLAY)
    pen.ellipse(_at(360, 330, 800, 440), fill=_shade(_CLAY, 1.25))
    pen.ellipse(_at(385, 348, 775, 424), fill=goods)
    for turn in (-0.5, -1.2):
        _leaf(pen, 560, 400, 120, turn + rng.uniform(-0.1, 0.1), _LEAF)
    for wave in range(3):
        left = 480 + wave * 80
        pen.arc(_at(left, 180, left + 60, 260), 90, 270, fill=_shade(_PAPER[0], 0.8), width=round(10 * _SCALE))
        pen.arc(_at(left - 10, 240, left + 50, 320), 270, 90, fill=_shade(_PAPER[0], 0.8), width=round(10 * _SCALE))


def _bottle(pen: ImageDraw.ImageDraw, _rng: random.Random, goods: Colour) -> None:
    pen.rounded_rectangle(_at(545, 150, 655, 400), radius=round(24 * _SCALE), fill=_shade(goods, 0.85))
    pen.rounded_rectangle(_at(530, 120, 670, 190), radius=round(16 * _SCALE), fill=_shade(_LEAF, 0.8))
    pen.rounded_rectangle(_at(440, 330, 760, 730), radius=round(70 * _SCALE), fill=goods)
    pen.rounded_rectangle(_at(465, 360, 500, 690), radius=round(16 * _SCALE), fill=_shade(goods, 1.3))
    _label(pen, (440, 460, 760, 650), _LEAF)


def _jar(pen: ImageDraw.ImageDraw, _rng: random.Random, goods: Colour) -> None:
    pen.rounded_rectangle(_at(380, 290, 820, 735), radius=round(80 * _SCALE), fill=_GLASS)
    pen.rounded_rectangle(_at(405, 380, 795, 715), radius=round(64 * _SCALE), fill=goods)
    pen.rounded_rectangle(_at(395, 220, 805, 320), radius=round(28 * _SCALE), fill=_shade(_CLAY, 0.85))
    pen.rounded_rectangle(_at(430, 400, 460, 680), radius=round(14 * _SCALE), fill=_shade(goods, 1.25))
    _label(pen, (480, 450, 720, 640), _LEAF)


def _sack(pen: ImageDraw.ImageDraw, rng: random.Random, goods: Colour) -> None:
    linen = (214, 190, 146)
    pen.rounded_rectangle(_at(350, 330, 850, 735), radius=round(110 * _SCALE), fill=linen)
    pen.ellipse(_at(360, 260, 840, 440), fill=_shade(linen, 0.85))
    pen.ellipse(_at(395, 285, 805, 415), fill=_shade(goods, 1.15))
    for _ in range(160):
        x, y = rng.uniform(420, 780), rng.uniform(300, 400)
        if ((x - 600) / 190) ** 2 + ((y - 350) / 58) ** 2 < 1:
            pen.ellipse(_at(x, y, x + 16, y + 10), fill=_shade(goods, rng.uniform(1.2, 1.6)))
    _label(pen, (470, 490, 730, 670), _LEAF)


def _basket(pen: ImageDraw.ImageDraw, _rng: random.Random, goods: Colour) -> None:
    cane = (196, 152, 92)
    pen.arc(_at(380, 170, 820, 720), 180, 360, fill=_shade(cane, 0.75), width=round(30 * _SCALE))
    pen.polygon(_at(330, 430, 870, 430, 800, 730, 400, 730), fill=cane)
    for row in range(6):
        for column in range(12):
            x, y = 350 + column * 43 + (row % 2) * 20, 440 + row * 48
            if 340 + row * 12 < x < 820 - row * 12:
                pen.rounded_rectangle(_at(x, y, x + 34, y + 34), radius=round(8 * _SCALE), fill=_shade(cane, 0.82))
    pen.rounded_rectangle(_at(315, 405, 885, 455), radius=round(24 * _SCALE), fill=_shade(goods, 0.9))


def _bowl(pen: ImageDraw.ImageDraw, rng: random.Random, goods: Colour) -> None:
    for _ in range(46):
        x, y = rng.gauss(600, 120), rng.uniform(300, 430)
        size = rng.uniform(50, 90)
        pen.ellipse(
            _at(x - size / 2, y - size / 2, x + size / 2, y + size / 2), fill=_shade(goods, rng.uniform(0.9, 1.35))
        )
    pen.pieslice(_at(300, 110, 900, 740), 0, 180, fill=_CLAY)
    pen.rounded_rectangle(_at(290, 405, 910, 450), radius=round(22 * _SCALE), fill=_shade(_CLAY, 1.2))
    pen.rounded_rectangle(_at(500, 700, 700, 750), radius=round(16 * _SCALE), fill=_shade(_CLAY, 0.8))


def _hills(pen: ImageDraw.ImageDraw, rng: random.Random, _goods: Colour) -> None:
    pen.ellipse(_at(760, 120, 940, 300), fill=(236, 178, 74))
    for depth, shade in enumerate((1.6, 1.3, 1.0)):
        top = 380 + depth * 120
        pen.ellipse(_at(-200 + rng.uniform(0, 300), top, 900, top + 700), fill=_shade(_LEAF, shade))
        pen.ellipse(_at(480, top + 40, 1500, top + 760), fill=_shade(_LEAF, shade * 0.94))
    pen.polygon(_at(520, 600, 620, 520, 720, 600), fill=(140, 74, 36))
    pen.rectangle(_at(545, 600, 695, 690), fill=(226, 200, 160))


_PAINTERS: dict[str, Painter] = {
    "cup": _cup,
    "bottle": _bottle,
    "jar": _jar,
    "sack": _sack,
    "basket": _basket,
    "bowl": _bowl,
    "hills": _hills,
}
