"""The published facts of ``ocop_products.csv``: which product was recognised, whose, where, by which decision.

Only rows that name their producer and today's commune can stand in a shop. A certificate is a fact only when the
source gives both its number and its full date; nothing is filled up in silence.
"""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from marketplace.ocop.models import ProductGroup
from marketplace.producers.models import ProducerKind

SOURCE = Path(__file__).resolve().parent.parent / "ocop_products.csv"

_KINDS = {
    "cooperative": ProducerKind.COOPERATIVE,
    "cooperative_group": ProducerKind.COOPERATIVE_GROUP,
    "company": ProducerKind.COMPANY,
    "household": ProducerKind.HOUSEHOLD_BUSINESS,
    "unknown": ProducerKind.HOUSEHOLD_BUSINESS,
}
_UNNAMED = "(producer not named in the source)"
_FULL_DATE = 10


@dataclass(frozen=True)
class RecognisedProduct:
    """One row: a product that was recognised. ``score`` in points; decision parts None where the source is silent."""

    name: str
    producer: str
    producer_kind: ProducerKind
    commune_code: str
    former_commune_code: str | None
    province_code: str
    province_name: str
    stars: int
    group: ProductGroup
    is_alcohol: bool
    score: Decimal | None
    decision_number: str | None
    decided_on: date | None
    source_url: str
    is_potential_five_star: bool
    #: Made up for the demonstration, producer and all (``INVENTED`` below).
    is_invented: bool = False

    @property
    def has_full_decision(self) -> bool:
        """Whether number and day of the decision are both known."""
        return self.decision_number is not None and self.decided_on is not None


def read_facts() -> list[RecognisedProduct]:
    """Every row that can stand in a shop, in the order of the file; a product named twice for one producer is one."""
    seen: set[tuple[str, str]] = set()
    found = []
    with SOURCE.open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            key = (row["producer"], row["product_name"])
            if row["producer"] == _UNNAMED or not row["commune_new_code"] or key in seen:
                continue
            seen.add(key)
            found.append(_fact(row))
    return found


def _fact(row: dict[str, str]) -> RecognisedProduct:
    day = row["decision_date"]
    return RecognisedProduct(
        name=row["product_name"],
        producer=row["producer"],
        producer_kind=_KINDS[row["producer_type"]],
        commune_code=row["commune_new_code"],
        former_commune_code=row["commune_old_code"] or None,
        province_code=row["province_new_code"],
        province_name=row["province_new"],
        stars=int(row["stars"]),
        group=ProductGroup(row["ocop_group"]),
        is_alcohol="alcoholic" in row["note"],
        score=Decimal(row["score"]) if row["score"] else None,
        decision_number=row["decision_no"] or None,
        decided_on=date.fromisoformat(day) if len(day) == _FULL_DATE else None,
        source_url=row["source_url"],
        is_potential_five_star="tiềm năng 5 sao" in row["note"],
    )


def _invented(
    name: str, producer: str, kind: ProducerKind, *, commune: tuple[str, str], stars: int, group: ProductGroup
) -> RecognisedProduct:
    return RecognisedProduct(
        name=name,
        producer=producer,
        producer_kind=kind,
        commune_code=commune[0],
        former_commune_code=commune[1],
        province_code="91",
        province_name="Tỉnh An Giang",
        stars=stars,
        group=group,
        is_alcohol=False,
        score=None,
        decision_number=None,
        decided_on=None,
        source_url="",
        is_potential_five_star=False,
        is_invented=True,
    )


#: Thoại Sơn holds the former Thoại Giang, the pilot commune of decision 969/QĐ-BNN-VPĐP; Định Mỹ lies beside it.
_THOAI_GIANG, _DINH_MY = ("30682", "30721"), ("30709", "30709")
COOPERATIVE = "Hợp tác xã Minh Họa Thoại Giang"
NEIGHBOUR = "Tổ hợp tác Minh Họa Định Mỹ"
SUSPENDED = "Cơ sở Minh Họa tạm ngừng"

#: Producers whose log-ins are given away, and one that is suspended: never a real business.
INVENTED = (
    _invented(
        "Đường thốt nốt Thoại Giang",
        COOPERATIVE,
        ProducerKind.COOPERATIVE,
        commune=_THOAI_GIANG,
        stars=4,
        group=ProductGroup.FOOD,
    ),
    _invented(
        "Gạo thơm Thoại Giang",
        COOPERATIVE,
        ProducerKind.COOPERATIVE,
        commune=_THOAI_GIANG,
        stars=3,
        group=ProductGroup.FOOD,
    ),
    _invented(
        "Giỏ cói Thoại Giang",
        COOPERATIVE,
        ProducerKind.COOPERATIVE,
        commune=_THOAI_GIANG,
        stars=3,
        group=ProductGroup.HANDICRAFT,
    ),
    _invented(
        "Mật ong hoa tràm Định Mỹ",
        NEIGHBOUR,
        ProducerKind.COOPERATIVE_GROUP,
        commune=_DINH_MY,
        stars=4,
        group=ProductGroup.FOOD,
    ),
    _invented(
        "Trà gừng Định Mỹ",
        NEIGHBOUR,
        ProducerKind.COOPERATIVE_GROUP,
        commune=_DINH_MY,
        stars=3,
        group=ProductGroup.HERBAL,
    ),
    _invented(
        "Khô cá lóc Minh Họa",
        SUSPENDED,
        ProducerKind.HOUSEHOLD_BUSINESS,
        commune=_THOAI_GIANG,
        stars=3,
        group=ProductGroup.FOOD,
    ),
)
