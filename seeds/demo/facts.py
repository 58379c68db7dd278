"""The published facts of ``ocop_products.csv``: which product was recognised, whose, where, by which decision.

Only rows that name their producer and today's commune can stand in a shop. A certificate is a fact only when the
source gives both its number and its full date; nothing is filled up in silence.
"""

import csv
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
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


class LeftOut(StrEnum):
    """Why a row cannot stand in the shop; the value completes a sentence about its source."""

    NO_COMMUNE = "names no commune of today"
    NO_PRODUCER = "does not name the producer"
    NEITHER = "names neither producer nor commune"
    TWICE = "names the product a second time"


def read_rows() -> list[tuple[dict[str, str], LeftOut | None]]:
    """Every row of the file in its order, with the reason why it is left out; None: it can stand in a shop.

    A seat is not guessed from the name of a product, a cooperative or a former district: districts went into several
    communes each. A product named twice for one producer is one.
    """
    seen: set[tuple[str, str]] = set()
    found = []
    with SOURCE.open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            key = (row["producer"], row["product_name"])
            why = _why_left_out(row, is_known=key in seen)
            if why is None:
                seen.add(key)
            found.append((row, why))
    return found


def _why_left_out(row: dict[str, str], *, is_known: bool) -> LeftOut | None:
    has_producer, has_commune = row["producer"] != _UNNAMED, bool(row["commune_new_code"])
    if not has_producer:
        return LeftOut.NO_PRODUCER if has_commune else LeftOut.NEITHER
    if not has_commune:
        return LeftOut.NO_COMMUNE
    return LeftOut.TWICE if is_known else None


def read_facts() -> list[RecognisedProduct]:
    """Every row that can stand in a shop, in the order of the file."""
    return [_fact(row) for row, why in read_rows() if why is None]


def account_of_rows() -> str:
    """In a few lines: how many published products are loaded, by which kind of decision, and why the others are not."""
    rows = read_rows()
    loaded = [_fact(row) for row, why in rows if why is None]
    reasons = Counter(why for _row, why in rows if why is not None)
    full = sum(fact.has_full_decision for fact in loaded)
    lines = [
        f"Published products: {len(loaded)} of {len(rows)} rows are loaded, {full} of them with number and day of a "
        "decision. Renewals of lapsed certificates, and certificates without such a decision, are marked illustrative.",
        *(f"  {number} left out: the source {why.value}" for why, number in reasons.most_common()),
    ]
    return "\n".join(lines)


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
