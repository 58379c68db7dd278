"""A few real places for tests that need somewhere to be; nobody has to load the whole country.

``load_small_country()`` knows, of today: xã Thoại Sơn 30682 and Phú Hòa 30685 (An Giang 91), xã Gia Lâm 00565,
Thuận An 00562, Phù Đổng 00541 (Hà Nội 01), xã Thăng An 20794 (Đà Nẵng 48), phường Hiệp Hòa 07840 (Bắc Ninh 24),
phường Lộc Ninh 25270 (Đồng Nai 75); of ``pre-2025``: what some of them were made of, Đặng Xá 00556 being split.
"""

from datetime import date
from pathlib import Path
from typing import Any

from marketplace.core.db import db
from marketplace.core.text import fold
from marketplace.places.models import VINTAGE_2025, AdminUnit, Level, full_name_of
from marketplace.places.services import import_places

SMALL_COUNTRY = Path(__file__).resolve().parents[1] / "places" / "fixtures"


def load_small_country() -> None:
    """Import the places above; call it inside a transaction."""
    import_places(SMALL_COUNTRY)


def make_unit(code: str, name: str, **values: Any) -> AdminUnit:
    """One unit that no list knows, flushed: by default a xã of today without a province."""
    kind = values.pop("kind", "xã")
    unit = AdminUnit(
        code=code,
        name=name,
        kind=kind,
        full_name=full_name_of(kind, name),
        name_fold=fold(name),
        vintage=values.pop("vintage", VINTAGE_2025),
        level=values.pop("level", Level.COMMUNE),
        valid_from=values.pop("valid_from", date(2025, 7, 1)),
        **values,
    )
    db.session.add(unit)
    db.session.flush()
    return unit
