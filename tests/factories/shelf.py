"""A product that is ready to be sold, with all that must be true beneath it. Each part may be made otherwise."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from marketplace.catalogue.models import Pack, Product, ProductState
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.core.text import fold, slug
from marketplace.inventory.models import Lot
from marketplace.inventory.services import receive_lot
from marketplace.ocop.models import AuthorityLevel, Certificate, CertificateState, OcopProduct, ProductGroup
from marketplace.places.models import AdminUnit, Level
from marketplace.producers.models import Producer, ProducerKind, ProducerState

_serial = count(1)
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Shelf:
    """What ``make_shelf`` made."""

    product: Product
    producer: Producer
    ocop_product: OcopProduct
    certificate: Certificate
    pack: Pack
    lot: Lot | None


def make_place(code: str | None = None, name: str = "Thoại Sơn", *, parent: AdminUnit | None = None) -> AdminUnit:
    """A commune of today in a province (both new unless ``parent`` is given)."""
    number = next(_serial)
    if parent is None:
        parent = _unit(f"{number % 100:02}", "An Giang", "tỉnh", Level.PROVINCE, vintage=f"t{number}")
    return _unit(code or f"{number:05}", name, "xã", Level.COMMUNE, parent_id=parent.id, vintage=parent.vintage)


def _unit(code: str, name: str, kind: str, level: Level, **values: Any) -> AdminUnit:
    full_name = f"{kind.capitalize()} {name}"
    return _saved(
        AdminUnit(code=code, name=name, kind=kind, full_name=full_name, name_fold=fold(name), level=level, **values)
    )


def make_producer(name: str = "Hợp tác xã Thoại Sơn", *, commune: AdminUnit | None = None, **values: Any) -> Producer:
    """A verified cooperative that delivers for 20.000 đồng."""
    number = next(_serial)
    return _saved(
        Producer(
            slug=f"{slug(name)}-{number}",
            kind=values.pop("kind", ProducerKind.COOPERATIVE),
            name=name,
            name_fold=fold(name),
            commune_id=(commune or make_place()).id,
            phone=values.pop("phone", "+84912345678"),
            delivery_fee=values.pop("delivery_fee", Dong(20_000)),
            state=values.pop("state", ProducerState.VERIFIED),
            registered_at=LONG_AGO,
            **values,
        )
    )


def make_certificate(ocop_product: OcopProduct, **values: Any) -> Certificate:
    """Four stars by a decision of the province, valid for three years from half a year ago."""
    issued_on = values.pop("issued_on", clock.today() - timedelta(days=180))
    return _saved(
        Certificate(
            ocop_product_id=ocop_product.id,
            rule_set=values.pop("rule_set", "148/2023"),
            stars=values.pop("stars", 4),
            decision_number=values.pop("decision_number", f"{next(_serial)}/QĐ-UBND"),
            decided_on=issued_on,
            authority_level=AuthorityLevel.PROVINCE,
            authority_name="UBND tỉnh An Giang",
            issued_on=issued_on,
            expires_on=values.pop("expires_on", clock.add_months(issued_on, 36)),
            state=values.pop("state", CertificateState.AWARDED),
            recorded_at=LONG_AGO,
            **values,
        )
    )


def make_pack(product: Product, **values: Any) -> Pack:
    """A bag of 500 g for 60.000 đồng."""
    price = values.pop("price", Dong(60_000))
    return _saved(
        Pack(
            product_id=product.id,
            label=values.pop("label", "Túi 500 g"),
            net_weight_grams=values.pop("net_weight_grams", 500),
            price=price,
            approved_price=price,
            **values,
        )
    )


def make_lot(pack: Pack, quantity: int = 10, **values: Any) -> Lot:
    """A lot made a month ago that keeps for five more months, received through the service."""
    today = clock.today()
    return receive_lot(
        pack.id,
        quantity,
        code=values.pop("code", f"LO{next(_serial)}"),
        made_on=values.pop("made_on", today - timedelta(days=30)),
        expires_on=values.pop("expires_on", today + timedelta(days=150)),
        actor_id=None,
        **values,
    )


def make_shelf(
    name: str = "Đường thốt nốt",
    *,
    producer: Producer | None = None,
    commune: AdminUnit | None = None,
    group: ProductGroup = ProductGroup.FOOD,
    is_alcohol: bool = False,
    state: ProductState = ProductState.APPROVED,
    quantity: int = 10,
    certificate: dict[str, Any] | None = None,
    pack: dict[str, Any] | None = None,
    lot: dict[str, Any] | None = None,
) -> Shelf:
    """A product on sale (call it inside a transaction); ``quantity`` 0 makes no lot."""
    producer = producer or make_producer(commune=commune)
    commune_id = commune.id if commune else producer.commune_id
    ocop_product = _saved(
        OcopProduct(
            producer_id=producer.id,
            name=name,
            name_fold=fold(name),
            group=group,
            is_alcohol=is_alcohol,
            commune_id=commune_id,
        )
    )
    product = _saved(
        Product(
            slug=slug(name),
            producer_id=producer.id,
            ocop_product_id=ocop_product.id,
            name=name,
            name_search=name.lower(),
            name_fold=fold(name),
            description="Thơm, ngọt dịu, nấu trong ngày.",
            story="Ba đời nhà tôi leo cây thốt nốt.",
            origin_commune_id=commune_id,
            state=state,
            created_at=LONG_AGO,
            approved_at=LONG_AGO,
        )
    )
    made_pack = make_pack(product, **(pack or {}))
    return Shelf(
        product=product,
        producer=producer,
        ocop_product=ocop_product,
        certificate=make_certificate(ocop_product, **(certificate or {})),
        pack=made_pack,
        lot=make_lot(made_pack, quantity, **(lot or {})) if quantity else None,
    )


def day(text: str) -> date:
    """``2026-09-30`` as a calendar day."""
    return date.fromisoformat(text)


def _saved(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row
