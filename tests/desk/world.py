"""Two producers in two provinces with everything that can wait; the second one's names and notes are canaries."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask

from marketplace.catalogue.models import EditState, Product, ProductEvent, ProductState, StagedEdit
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.inventory.models import LotState
from marketplace.ledger import services as ledger
from marketplace.orders.models import OrderLine, SubOrderState
from marketplace.places.models import AdminUnit
from marketplace.producers.models import Producer
from tests.factories.accounts import UserFactory
from tests.factories.figures import LONG_AGO, World, make_market, make_order, make_stall, make_world
from tests.factories.shelf import Shelf, make_certificate, make_producer, make_shelf

CANARY = "Bạch Yến"


@dataclass(frozen=True)
class Side:
    """One producer with its commune, province and market, by id."""

    producer: int
    commune: int
    province: int
    market: str
    market_id: int
    stall: int


@dataclass(frozen=True)
class Two:
    """The own side and the neighbour's."""

    own: Side
    other: Side


def make_two(app: Flask, *, times: int = 1) -> Two:
    """Both sides, committed; ``times`` as many rows of every kind."""
    with app.app_context(), transaction():
        world = make_world()
        return Two(_side(world, "Thốt Nốt", times, home=True), _side(world, CANARY, times, home=False))


def _side(world: World, name: str, times: int, *, home: bool) -> Side:
    commune = world.x if home else world.z
    producer = make_producer(f"Hợp tác xã {name}", commune=commune)
    for at in range(times):
        _fill(producer, f"{name} {at}", commune)
    market = make_market(commune, f"Chợ {name}")
    stall = make_stall(market, name=f"Cô {name}")
    payable = f"producer:{producer.id}:payable"
    ledger.post(
        "sub_order_delivered",
        ref_type="sub_order",
        ref_id=f"made-{producer.id}",
        occurred_at=clock.now(),
        lines={payable: Dong(-1_234_000), "order:escrow": Dong(1_234_000)},
    )
    assert commune.parent_id is not None
    return Side(producer.id, commune.id, commune.parent_id, market.slug, market.id, stall.id)


def fill_again(producer_id: int, *, times: int) -> None:
    """So many more rows of every kind for this producer, committed."""
    with transaction():
        producer = db.session.get_one(Producer, producer_id)
        for at in range(times):
            _fill(producer, f"thêm {at}", producer.commune)


def _fill(producer: Producer, name: str, commune: AdminUnit) -> None:
    def shelf(kind: str, **values: Any) -> Shelf:
        return make_shelf(f"{kind} {name}", producer=producer, commune=commune, **values)

    today = clock.today()
    _event(shelf("Trà trả lại", state=ProductState.CHANGES_WANTED).product, "changes_wanted", f"Thiếu ảnh {name}")
    _event(shelf("Bánh chờ duyệt", state=ProductState.SUBMITTED).product, "submitted", "")
    _edit(shelf("Mắm sửa").product, EditState.CHANGES_WANTED, f"Ghi lại khối lượng {name}")
    _edit(shelf("Khô chờ sửa").product, EditState.SUBMITTED, "")
    shelf("Hết hàng", quantity=0)
    shelf("Hết hạn", certificate={"issued_on": clock.add_months(today, -40), "expires_on": today - timedelta(days=3)})
    shelf(
        "Sắp hết hạn", certificate={"issued_on": clock.add_months(today, -35), "expires_on": today + timedelta(days=20)}
    )
    shelf("Lô gần hạn", lot={"expires_on": today + timedelta(days=10), "code": f"GAN-{name}"})
    blocked = shelf("Lô giữ", lot={"code": f"GIU-{name}"}).lot
    assert blocked is not None
    blocked.state, blocked.state_reason = LotState.BLOCKED, f"Chờ kiểm {name}"
    _renewed(shelf("Đã gia hạn", certificate={"expires_on": today - timedelta(days=3)}))
    for state in (SubOrderState.TO_PACK, SubOrderState.PACKED, SubOrderState.SHIPPED):
        _parcel(producer, state, f"Gói {name}")
    db.session.flush()


def _parcel(producer: Producer, state: SubOrderState, goods: str) -> None:
    part = make_order(producer, at=clock.now() - timedelta(days=2)).sub_orders[0]
    part.state = state
    shelf = make_shelf(f"Trong {goods}", producer=producer)
    db.session.add(
        OrderLine(
            sub_order_id=part.id,
            product_id=shelf.product.id,
            pack_id=shelf.pack.id,
            certificate_id=shelf.certificate.id,
            product_name=goods,
            pack_label="Túi 500 g",
            unit_price=part.goods_total,
            quantity=1,
            line_total=part.goods_total,
            stars=4,
            decision_number=shelf.certificate.decision_number,
        )
    )


def _renewed(shelf: Shelf) -> None:
    make_certificate(shelf.ocop_product, issued_on=clock.today() - timedelta(days=3))


def _event(product: Product, action: str, note: str) -> None:
    state = str(product.state)
    db.session.add(
        ProductEvent(product_id=product.id, action=action, from_state=None, to_state=state, note=note, at=LONG_AGO)
    )


def _edit(product: Product, state: EditState, note: str) -> None:
    db.session.add(
        StagedEdit(
            product_id=product.id,
            changes="{}",
            state=state,
            note=note,
            submitted_by_id=UserFactory().id,
            submitted_at=LONG_AGO,
        )
    )
