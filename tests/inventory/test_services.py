"""Stock: promises are kept, nothing is promised twice, every change leaves a trace."""

import json
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.inventory import queries, services
from marketplace.inventory.models import Lot, LotState, Reservation, ReservationState, StockMove
from marketplace.outbox.models import OutboxMessage
from tests.factories.shelf import make_lot, make_pack, make_shelf

NOON = datetime(2026, 9, 1, 5, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=30)


def _reserve(pack_id: int, quantity: int, ref_id: str = "1", expires_at: datetime | None = None) -> list[Reservation]:
    return services.reserve(pack_id, quantity, ref_type="order_line", ref_id=ref_id, expires_at=expires_at)


def _books_agree() -> bool:
    """I18 to I20: quantities stand within bounds and equal their moves and promises."""
    for lot in db.session.scalars(select(Lot).execution_options(populate_existing=True)):
        moved = db.session.scalar(select(func.sum(StockMove.delta)).where(StockMove.lot_id == lot.id)) or 0
        held = (
            db.session.scalar(
                select(func.sum(Reservation.quantity)).where(
                    Reservation.lot_id == lot.id, Reservation.state == ReservationState.HELD
                )
            )
            or 0
        )
        if not (0 <= lot.reserved <= lot.on_hand and lot.on_hand == moved and lot.reserved == held):
            return False
    return True


def test_a_received_lot_counts_and_has_a_random_public_code(context: Flask) -> None:
    with transaction():
        shelf = make_shelf(quantity=10)
        other = make_lot(shelf.pack, 3)
    assert shelf.lot is not None
    assert queries.available([shelf.pack.id]) == {shelf.pack.id: 13}
    assert len(shelf.lot.trace_code) == 12
    assert shelf.lot.trace_code != other.trace_code
    assert [event.to_state for event in queries.list_events(shelf.lot.id)] == ["open"]
    assert _books_agree()


@pytest.mark.parametrize(
    ("made_on", "expires_on", "code"),
    [
        (date(2026, 8, 1), date(2026, 8, 1), "lot_dates"),
        (date(2026, 9, 2), date(2026, 12, 1), "lot_made_in_future"),
    ],
)
def test_a_lot_with_impossible_days_is_refused(context: Flask, made_on: date, expires_on: date, code: str) -> None:
    with clock.frozen(NOON):
        with transaction():
            shelf = make_shelf(quantity=0)
        with pytest.raises(Invalid, match=code), transaction():
            make_lot(shelf.pack, 1, made_on=made_on, expires_on=expires_on)
    assert db.session.scalar(select(func.count()).select_from(Lot)) == 0


def test_a_lot_code_is_used_once_per_product(context: Flask) -> None:
    with transaction():
        shelf = make_shelf(lot={"code": "L1"})
    with pytest.raises(Conflict, match="lot_code_taken"), transaction():
        make_lot(shelf.pack, 1, code="L1")


def test_an_unknown_pack_receives_nothing(context: Flask) -> None:
    with pytest.raises(NotFound, match="pack_not_found"), transaction():
        services.receive_lot(999, 1, code="X", made_on=date(2026, 1, 1), expires_on=None, actor_id=None)


def test_what_expires_first_leaves_first_over_several_lots(context: Flask) -> None:
    with clock.frozen(NOON), transaction():
        shelf = make_shelf(quantity=0)
        keeps = make_lot(shelf.pack, 5, expires_on=None)
        late = make_lot(shelf.pack, 5, expires_on=date(2026, 12, 1))
        early = make_lot(shelf.pack, 5, expires_on=date(2026, 10, 1))
        made = _reserve(shelf.pack.id, 12)
        assert [(r.lot_id, r.quantity) for r in made] == [(early.id, 5), (late.id, 5), (keeps.id, 2)]
    assert _books_agree()


def test_too_few_left_is_said_and_leaves_no_trace(context: Flask) -> None:
    with transaction():
        shelf = make_shelf(quantity=3)
        make_lot(shelf.pack, 2)
    with transaction(), pytest.raises(Conflict) as refusal:
        _reserve(shelf.pack.id, 6)
    assert (refusal.value.code, refusal.value.facts) == (
        "stock_short",
        {"pack_id": shelf.pack.id, "left": 5, "ref_id": "1"},
    )
    assert queries.available([shelf.pack.id]) == {shelf.pack.id: 5}
    assert _books_agree()


def test_several_claims_are_kept_together_or_not_at_all(context: Flask) -> None:
    with transaction():
        first, second = make_shelf(quantity=5), make_shelf("Mật ong", quantity=3)
    plenty, short = (
        [
            services.Claim(first.pack.id, 2, "order_line", "1"),
            services.Claim(second.pack.id, wanted, "order_line", "2"),
        ]
        for wanted in (3, 4)
    )
    with pytest.raises(Conflict, match="stock_short") as refusal, transaction():
        services.reserve_all(short, expires_at=None)
    assert refusal.value.facts == {"pack_id": second.pack.id, "left": 3, "ref_id": "2"}
    with transaction():
        made = services.reserve_all(plenty, expires_at=None)
    assert sorted((promise.ref_id, promise.quantity) for promise in made) == [("1", 2), ("2", 3)]
    assert queries.available([first.pack.id, second.pack.id]) == {first.pack.id: 3, second.pack.id: 0}
    assert _books_agree()


def test_a_refusal_leaves_nothing_even_when_its_transaction_goes_on(context: Flask) -> None:
    with transaction():
        first, second = make_shelf(quantity=5), make_shelf("Mật ong", quantity=3)
    with transaction(), pytest.raises(Conflict, match="stock_short"):
        services.reserve_all(
            [
                services.Claim(first.pack.id, 2, "order_line", "1"),
                services.Claim(second.pack.id, 4, "order_line", "2"),
            ],
            expires_at=None,
        )
    assert queries.available([first.pack.id, second.pack.id]) == {first.pack.id: 5, second.pack.id: 3}
    assert _books_agree()


def test_one_holder_cannot_hold_twice(context: Flask) -> None:
    with transaction():
        shelf = make_shelf()
        _reserve(shelf.pack.id, 1)
    with pytest.raises(Conflict, match="reservation_held"), transaction():
        _reserve(shelf.pack.id, 1)
    assert queries.available([shelf.pack.id]) == {shelf.pack.id: 9}


def test_a_lot_is_not_sold_from_its_expiry_day_in_vietnam_on(context: Flask) -> None:
    with clock.frozen(NOON), transaction():
        shelf = make_shelf(lot={"expires_on": date(2026, 9, 2)})
    evening = datetime(2026, 9, 1, 16, 59, tzinfo=UTC)
    assert queries.available([shelf.pack.id], moment=evening) == {shelf.pack.id: 10}
    midnight = datetime(2026, 9, 1, 17, 0, tzinfo=UTC)
    assert queries.available([shelf.pack.id], moment=midnight) == {shelf.pack.id: 0}
    with clock.frozen(midnight), pytest.raises(Conflict, match="stock_short"), transaction():
        _reserve(shelf.pack.id, 1)


def test_a_lapsed_hold_gives_way_before_any_job_has_run(context: Flask) -> None:
    with clock.frozen(NOON):
        with transaction():
            shelf = make_shelf(quantity=1)
            _reserve(shelf.pack.id, 1, "first", LATER)
        with pytest.raises(Conflict, match="stock_short"), transaction():
            _reserve(shelf.pack.id, 1, "second", LATER)
    with clock.frozen(LATER):
        assert queries.available([shelf.pack.id]) == {shelf.pack.id: 1}
        with transaction():
            _reserve(shelf.pack.id, 1, "second", LATER + timedelta(minutes=30))
        with transaction():
            assert services.free_lapsed_holds() == 0
            assert services.release("order_line", "first") == 0
        with pytest.raises(Conflict, match="reservation_gone"), transaction():
            services.consume("order_line", "first", actor_id=None)
    assert _books_agree()


def test_the_job_frees_lapsed_holds_once(context: Flask) -> None:
    with clock.frozen(NOON), transaction():
        shelf = make_shelf(quantity=5)
        _reserve(shelf.pack.id, 2, "lapses", LATER)
        _reserve(shelf.pack.id, 1, "stays", LATER + timedelta(minutes=1))
    with clock.frozen(LATER):
        for freed in (2, 0):
            with transaction():
                assert services.free_lapsed_holds() == freed
        assert queries.available([shelf.pack.id]) == {shelf.pack.id: 4}
    assert _books_agree()


def test_money_that_comes_late_still_gets_goods_that_nobody_took(context: Flask) -> None:
    with clock.frozen(NOON), transaction():
        shelf = make_shelf(quantity=1)
        _reserve(shelf.pack.id, 1, "late", LATER)
    with clock.frozen(LATER + timedelta(hours=1)), transaction():
        assert len(services.consume("order_line", "late", actor_id=None)) == 1
    assert _books_agree()


def test_a_released_holder_may_hold_again(context: Flask) -> None:
    with transaction():
        shelf = make_shelf(quantity=2)
        _reserve(shelf.pack.id, 2)
        assert services.release("order_line", "1") == 2
        again = _reserve(shelf.pack.id, 1)
    assert [(r.quantity, r.state) for r in again] == [(1, ReservationState.HELD)]
    assert queries.available([shelf.pack.id]) == {shelf.pack.id: 1}
    assert _books_agree()


def test_a_sale_moves_each_lot_once(context: Flask) -> None:
    with transaction():
        shelf = make_shelf(quantity=2)
        make_lot(shelf.pack, 5)
        _reserve(shelf.pack.id, 4)
    with transaction():
        assert len(services.consume("order_line", "1", actor_id=None)) == 2
    with transaction():
        assert services.consume("order_line", "1", actor_id=None) == []
    sold = db.session.scalar(select(func.sum(StockMove.delta)).where(StockMove.ref_type == "order_line"))
    assert sold == -4
    assert queries.available([shelf.pack.id]) == {shelf.pack.id: 3}
    assert _books_agree()


def test_goods_come_back_to_their_lots_and_never_more_than_were_sold(context: Flask) -> None:
    with transaction():
        shelf = make_shelf(quantity=2)
        make_lot(shelf.pack, 5)
        _reserve(shelf.pack.id, 4)
        services.consume("order_line", "1", actor_id=None)

    def give_back(quantity: int, fact: str) -> bool:
        with transaction():
            return services.return_to_stock(
                "order_line", "1", quantity, fact_type="refund_line", fact_id=fact, actor_id=None
            )

    assert give_back(3, "a") is True
    assert give_back(3, "a") is False
    with pytest.raises(Conflict, match="return_above_sale"):
        give_back(2, "b")
    assert give_back(1, "b") is True
    assert queries.available([shelf.pack.id]) == {shelf.pack.id: 7}
    assert _books_agree()


def test_a_correction_counts_once_and_respects_promises(context: Flask) -> None:
    with transaction():
        shelf = make_shelf(quantity=5)
        _reserve(shelf.pack.id, 3)
    assert shelf.lot is not None
    lot_id = shelf.lot.id
    for _twice in range(2):
        with transaction():
            services.adjust(lot_id, -2, note="Hai túi bị rách", key="k1", actor_id=None)
    with pytest.raises(Conflict) as refusal, transaction():
        services.adjust(lot_id, -1, note="Đếm lại", key="k2", actor_id=None)
    assert refusal.value.facts == {"reserved": 3}
    assert db.session.get_one(Lot, lot_id).on_hand == 3
    assert [move.note for move in queries.list_moves(lot_id)] == ["Hai túi bị rách", ""]
    with pytest.raises(Invalid, match="stock_change_zero"), transaction():
        services.adjust(lot_id, 0, note="", key="k3", actor_id=None)
    with pytest.raises(NotFound, match="lot_not_found"), transaction():
        services.adjust(999, 1, note="", key="k4", actor_id=None)
    assert _books_agree()


def test_a_blocked_lot_takes_no_promise_until_it_is_opened(context: Flask) -> None:
    with transaction():
        shelf = make_shelf()
        assert shelf.lot is not None
        services.block(shelf.lot.id, reason="Chờ kết quả kiểm nghiệm", actor_id=None)
    with pytest.raises(Conflict, match="stock_short"), transaction():
        _reserve(shelf.pack.id, 1)
    with pytest.raises(Conflict, match="lot_state_unchanged"), transaction():
        services.block(shelf.lot.id, reason="", actor_id=None)
    with transaction():
        services.unblock(shelf.lot.id, reason="Đạt", actor_id=None)
        assert len(_reserve(shelf.pack.id, 1)) == 1


def test_a_recalled_lot_never_opens_again_and_names_its_holders(context: Flask) -> None:
    with transaction():
        shelf = make_shelf()
        _reserve(shelf.pack.id, 1, "unpaid")
        _reserve(shelf.pack.id, 2, "paid")
        _reserve(shelf.pack.id, 2, "cancelled")
        services.consume("order_line", "paid", actor_id=None)
        services.release("order_line", "cancelled")
        assert shelf.lot is not None
        code = shelf.lot.code
        with pytest.raises(Invalid, match="lot_code_differs"):
            services.recall(shelf.lot.id, code="another", reason="Nhiễm khuẩn", actor_id=None)
        services.recall(shelf.lot.id, code=code, reason="Nhiễm khuẩn", actor_id=None)
    lot_id = shelf.lot.id
    told = db.session.scalars(select(OutboxMessage.payload).where(OutboxMessage.topic == services.LOT_RECALLED)).all()
    assert [json.loads(payload) for payload in told] == [{"lot_id": lot_id}]
    assert [(r.ref_id, r.state) for r in queries.list_holders(lot_id)] == [("unpaid", "held"), ("paid", "consumed")]
    assert queries.available([shelf.pack.id]) == {shelf.pack.id: 0}
    for refused in (partial(services.recall, code=code), services.unblock, services.block):
        with pytest.raises(Conflict, match="lot_recalled"), transaction():
            refused(lot_id, reason="", actor_id=None)
    assert db.session.get_one(Lot, lot_id).state is LotState.RECALLED
    assert [event.reason for event in queries.list_events(lot_id)] == ["", "Nhiễm khuẩn"]


def test_other_packs_are_left_alone(context: Flask) -> None:
    with transaction():
        shelf = make_shelf(quantity=1)
        other = make_pack(shelf.product, label="Hũ 1 kg")
        make_lot(other, 4)
        _reserve(shelf.pack.id, 1)
    assert queries.available([shelf.pack.id, other.id]) == {shelf.pack.id: 0, other.id: 4}
