"""A small world for figures: two communes of one province, one of another, former communes, shops and markets in them.

Everything is written as rows, because figures only read: the rooms' own tests hold how the rows come about.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

from marketplace.catalogue.models import Product, TraceLink
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.orders.models import Order, OrderState, PaymentMethod, SubOrder, SubOrderState
from marketplace.payments.models import Payment, PaymentState, Purpose, Rail
from marketplace.places.models import VINTAGE_BEFORE, AdminUnit, Level, UnitLink
from marketplace.producers.models import Producer
from marketplace.programme.services import import_programme
from marketplace.stalls.models import Market, MarketKind, Means, Sale, SaleState, Stall
from marketplace.trace.models import CallAnswer, LinkCall, LinkCheck, LinkState, LinkStatus
from marketplace.trace.queries import OFFLINE
from tests.factories.catalogue import make_product
from tests.factories.ocop import OcopProductFactory
from tests.factories.places import make_unit
from tests.factories.producers import ProducerFactory

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "programme"
CHANGEOVER = date(2025, 7, 1)
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
#: 22 November 2026, ten in the morning in Vietnam.
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

_serial = count(1)


@dataclass(frozen=True)
class World:
    """Units: ``x`` (of the former ``m1`` and ``m2``) and ``y`` in ``province``, ``z`` in ``elsewhere``."""

    province: AdminUnit
    x: AdminUnit
    y: AdminUnit
    elsewhere: AdminUnit
    z: AdminUnit
    m1: AdminUnit
    m2: AdminUnit


def make_world() -> World:
    """The units, and the definitions, plans and targets of ``seeds/programme``."""
    province = make_unit("91", "An Giang", kind="tỉnh", level=Level.PROVINCE)
    elsewhere = make_unit("19", "Thái Nguyên", kind="tỉnh", level=Level.PROVINCE)
    former = {
        code: _former(code, name, Level.PROVINCE, "tỉnh")
        for code, name in (("01", "Hà Nội"), ("19", "Thái Nguyên"), ("40", "Nghệ An"), ("49", "Quảng Nam"))
    }
    old_province = _former("89", "An Giang", Level.PROVINCE, "tỉnh")
    district = _former("894", "Thoại Sơn", Level.DISTRICT, "huyện", old_province)
    district_elsewhere = _former("172", "Đại Từ", Level.DISTRICT, "huyện", former["19"])
    world = World(
        province=province,
        x=make_unit("30682", "Thoại Sơn", parent_id=province.id),
        y=make_unit("30685", "Phú Hòa", parent_id=province.id),
        elsewhere=elsewhere,
        z=make_unit("05641", "Vô Tranh", parent_id=elsewhere.id),
        m1=_former("30721", "Thoại Giang", Level.COMMUNE, "xã", district),
        m2=_former("30715", "Bình Thành", Level.COMMUNE, "xã", district),
    )
    _link(world.m1, world.x)
    _link(world.m2, world.x)
    _link(_former("05642", "Tức Tranh", Level.COMMUNE, "xã", district_elsewhere), world.z)
    import_programme(SEEDS)
    return world


def make_seller(unit: AdminUnit, name: str = "Hợp tác xã Cây Lành", **values: Any) -> Producer:
    """A verified cooperative in ``unit``, registered long ago."""
    values.setdefault("registered_at", LONG_AGO)
    made: Producer = ProducerFactory(name=f"{name} {next(_serial)}", commune_id=unit.id, **values)
    return made


def make_listing(producer: Producer, **values: Any) -> Product:
    """An approved product with a certificate of four stars, on show since long ago."""
    recognised = OcopProductFactory(producer=producer, former_commune_id=producer.former_commune_id)
    return make_product(ocop_product=recognised, **{"approved_at": LONG_AGO, **values})


def make_check(
    product: Product, status: LinkStatus, at: datetime, *, link: TraceLink | None = None, note: str = OFFLINE
) -> TraceLink:
    """A trace link of the product (a new one unless given) and one check of it."""
    if link is None:
        url = f"https://check.hanoi.gov.vn/{next(_serial)}"
        link = TraceLink(product_id=product.id, url=url, host="check.hanoi.gov.vn", added_at=LONG_AGO)
        db.session.add(link)
        db.session.flush()
    db.session.add(LinkCheck(trace_link_id=link.id, checked_at=at, status=status, note=note))
    db.session.flush()
    return link


def make_call(
    link: TraceLink, state: LinkState, at: datetime, *, answer: CallAnswer = CallAnswer.WORKS, answered_at: Any = None
) -> None:
    """One call of the portal behind a link, and what is believed since."""
    answered_at = at if answer is CallAnswer.WORKS else answered_at
    db.session.add(LinkCall(trace_link_id=link.id, called_at=at, answer=answer, state=state, answered_at=answered_at))
    db.session.flush()


def make_order(
    *producers: Producer,
    at: datetime,
    goods: int = 100_000,
    method: PaymentMethod = PaymentMethod.CARD,
    state: OrderState = OrderState.PAID,
) -> Order:
    """An order with one sub-order of ``goods`` and 20.000 đồng delivery per producer; paid unless cash on delivery."""
    serial = next(_serial)
    goods_total, delivery = Dong(goods * len(producers)), Dong(20_000 * len(producers))
    paid = state in (OrderState.PAID, OrderState.COMPLETED)
    order = Order(
        number=f"OC-{serial:08d}",
        secret_hash=f"{serial:064d}",
        idempotency_key=f"key-{serial}",
        request_hash=f"{serial:064d}",
        contact_name="Trần Văn Bí Mật",
        contact_phone="+84987654321",
        commune_id=producers[0].commune_id,
        address_line="Ấp Tây Bình",
        payment_method=method,
        state=state,
        goods_total=goods_total,
        delivery_total=delivery,
        total=Dong(goods_total + delivery),
        placed_at=at,
        paid_at=at if paid else None,
    )
    order.sub_orders = [
        SubOrder(
            producer_id=producer.id,
            goods_total=Dong(goods),
            delivery_fee=Dong(20_000),
            total=Dong(goods + 20_000),
            state=SubOrderState.TO_PACK if state is not OrderState.CANCELLED else SubOrderState.CANCELLED,
        )
        for producer in producers
    ]
    db.session.add(order)
    db.session.flush()
    return order


def make_market(unit: AdminUnit, name: str = "Chợ Núi Sập", **values: Any) -> Market:
    """A market in ``unit``, opened long ago."""
    values.setdefault("kind", MarketKind.MARKET)
    market = Market(slug=f"cho-{next(_serial)}", name=name, commune_id=unit.id, opened_at=LONG_AGO, **values)
    db.session.add(market)
    db.session.flush()
    return market


def make_stall(market: Market, *, qr_since: datetime | None = LONG_AGO, **values: Any) -> Stall:
    """A stall of the market, with a payment QR since long ago unless told otherwise."""
    serial = next(_serial)
    values.setdefault("name", f"Cô Ba {serial}")
    stall = Stall(market_id=market.id, number=str(serial), qr_since=qr_since, opened_at=LONG_AGO, **values)
    db.session.add(stall)
    db.session.flush()
    return stall


def make_sale(stall: Stall, amount: int, at: datetime, *, means: Means = Means.QR, paid: bool = True) -> Sale:
    """A sale at ``at``, paid at once unless told otherwise."""
    serial = next(_serial)
    payment = None
    if means is Means.QR:
        payment = Payment(
            public_id=f"pay-{serial}",
            purpose=Purpose.STALL_SALE,
            rail=Rail.VIETQR,
            amount=Dong(amount),
            held_account="unapplied" if paid else None,
            state=PaymentState.SETTLED if paid else PaymentState.PENDING,
            idempotency_key=f"pay-{serial}",
            created_at=at,
            settled_at=at if paid else None,
        )
    if paid:
        stall.last_sequence += 1
    sale = Sale(
        stall_id=stall.id,
        sequence=stall.last_sequence if paid else None,
        client_id=f"sale-{serial}",
        amount=Dong(amount),
        means=means,
        state=SaleState.PAID if paid else SaleState.AWAITING,
        payment=payment,
        sold_at=at,
        paid_at=at if paid else None,
    )
    db.session.add(sale)
    db.session.flush()
    return sale


def local(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    """A moment by Vietnam's clock."""
    return datetime(year, month, day, hour, minute, tzinfo=clock.VIETNAM)


def _former(code: str, name: str, level: Level, kind: str, parent: AdminUnit | None = None) -> AdminUnit:
    return make_unit(
        code,
        name,
        kind=kind,
        level=level,
        vintage=VINTAGE_BEFORE,
        valid_from=None,
        valid_to=CHANGEOVER,
        parent_id=parent.id if parent else None,
    )


def _link(old: AdminUnit, new: AdminUnit) -> None:
    db.session.add(UnitLink(old_id=old.id, new_id=new.id, valid_from=CHANGEOVER))
    db.session.flush()
