"""Drawn pictures for the demonstration: the sign of the product's group on a closed box, and nothing of the product.

Nobody takes them for photographs, and none of them shows other goods than those that are sold.
"""

import io
import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw

from marketplace.ocop.models import ProductGroup

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
_LEAF: Colour = (62, 120, 66)
_FAR_LEAF: Colour = (166, 196, 158)
_LABEL: Colour = (252, 249, 240)


def draw_picture(name_fold: str, group: str, *, number: int) -> bytes:
    """A JPEG of 960 x 720 with the sign of ``group``; name and number choose the colours, always the same ones."""
    rng = random.Random(f"{name_fold}:{number}")
    paper = _PAPER[rng.randrange(len(_PAPER))]
    image = Image.new("RGB", (round(WIDTH * _SCALE), round(HEIGHT * _SCALE)), paper)
    pen = ImageDraw.Draw(image)
    _background(pen, rng, paper)
    goods = _GOODS[rng.randrange(len(_GOODS))]
    if group == ProductGroup.TOURISM:
        _hills(pen, rng, goods)
    else:
        _box(pen, goods)
        _SIGNS[ProductGroup(group)](pen, rng, goods)
    small = image.resize(_PICTURE, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=82)
    return out.getvalue()


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


def _box(pen: ImageDraw.ImageDraw, goods: Colour) -> None:
    """A closed carton with a round label for the sign."""
    pen.rounded_rectangle(_at(340, 250, 860, 735), radius=round(26 * _SCALE), fill=goods)
    pen.rectangle(_at(340, 330, 860, 346), fill=_shade(goods, 0.8))
    pen.rounded_rectangle(_at(325, 215, 875, 335), radius=round(26 * _SCALE), fill=_shade(goods, 1.18))
    pen.ellipse(_at(460, 390, 740, 670), fill=_LABEL)


def _bowl(pen: ImageDraw.ImageDraw, _rng: random.Random, goods: Colour) -> None:
    pen.pieslice(_at(515, 450, 685, 630), 0, 180, fill=goods)
    pen.rounded_rectangle(_at(500, 530, 700, 548), radius=round(8 * _SCALE), fill=_shade(goods, 0.8))
    for left in (560, 600, 640):
        pen.rounded_rectangle(_at(left - 6, 450, left + 6, 510), radius=round(6 * _SCALE), fill=_FAR_LEAF)


def _drop(pen: ImageDraw.ImageDraw, _rng: random.Random, goods: Colour) -> None:
    pen.ellipse(_at(535, 500, 665, 630), fill=goods)
    pen.polygon(_at(545, 535, 600, 425, 655, 535), fill=goods)


def _sprig(pen: ImageDraw.ImageDraw, _rng: random.Random, _goods: Colour) -> None:
    for turn in (-0.75, -1.57, -2.39):
        _leaf(pen, 600, 620, 150, turn, _LEAF)


def _weave(pen: ImageDraw.ImageDraw, _rng: random.Random, goods: Colour) -> None:
    for row in range(4):
        for column in range(4):
            left, top = 520 + column * 42, 450 + row * 42
            colour = goods if (row + column) % 2 else _FAR_LEAF
            pen.rounded_rectangle(_at(left, top, left + 34, top + 34), radius=round(6 * _SCALE), fill=colour)


def _flower(pen: ImageDraw.ImageDraw, _rng: random.Random, goods: Colour) -> None:
    for petal in range(6):
        angle = petal * math.tau / 6
        x, y = 600 + 52 * math.cos(angle), 530 + 52 * math.sin(angle)
        pen.ellipse(_at(x - 38, y - 38, x + 38, y + 38), fill=goods)
    pen.ellipse(_at(568, 498, 632, 562), fill=_LABEL)


def _hills(pen: ImageDraw.ImageDraw, rng: random.Random, _goods: Colour) -> None:
    pen.ellipse(_at(760, 120, 940, 300), fill=(236, 178, 74))
    for depth, shade in enumerate((1.6, 1.3, 1.0)):
        top = 380 + depth * 120
        pen.ellipse(_at(-200 + rng.uniform(0, 300), top, 900, top + 700), fill=_shade(_LEAF, shade))
        pen.ellipse(_at(480, top + 40, 1500, top + 760), fill=_shade(_LEAF, shade * 0.94))
    pen.polygon(_at(520, 600, 620, 520, 720, 600), fill=(140, 74, 36))
    pen.rectangle(_at(545, 600, 695, 690), fill=(226, 200, 160))


_SIGNS: dict[ProductGroup, Painter] = {
    ProductGroup.FOOD: _bowl,
    ProductGroup.DRINK: _drop,
    ProductGroup.HERBAL: _sprig,
    ProductGroup.HANDICRAFT: _weave,
    ProductGroup.ORNAMENTAL: _flower,
}
