"""Contrast of every pair of colours that text is set in, by WCAG 2.2 (1.4.3), in both themes."""

import re
from pathlib import Path

import pytest

import marketplace

CSS = (Path(marketplace.__file__).parent / "static/css/theme.css").read_text(encoding="utf-8")
TEXT_PAIRS = [
    (front, back, 4.5)
    for front in ("ink", "ink-soft", "leaf", "brick", "sky")
    for back in ("paper", "card", "leaf-soft")
] + [
    ("paper", "leaf", 4.5),
    ("paper", "leaf-dark", 4.5),
    ("paper", "brick", 4.5),
    ("gold", "card", 3.0),
    ("gold", "paper", 3.0),
]


def _palette(start: str) -> dict[str, str]:
    block = CSS[CSS.index(start) :]
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{3,6})\b", block[: block.index("}")]))


LIGHT = _palette(":root, [data-bs-theme")
DARK = LIGHT | _palette(':root:not([data-bs-theme="light"])')


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("front", "back", "least"), TEXT_PAIRS)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_legible(palette: dict[str, str], front: str, back: str, least: float) -> None:
    assert contrast(palette[front], palette[back]) >= least


def test_the_measure_itself_is_right() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)


@pytest.mark.parametrize("ground", ["--bs-tertiary-bg", "--bs-secondary-bg"])
def test_the_grounds_of_file_buttons_and_disabled_fields_follow_the_theme(ground: str) -> None:
    """Bootstrap's own are light greys, on which the dark theme's light text cannot be read."""
    assert f"{ground}: var(--leaf-soft)" in CSS and f"{ground}: #" not in CSS
