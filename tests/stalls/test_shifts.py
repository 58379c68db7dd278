"""A shift is closed once, up to a number, with what was recorded, received and counted; then it stands (P19, I37)."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.ledger import audit_checks
from marketplace.ledger import queries as ledger
from marketplace.payments import purposes
from marketplace.payments.services import settling
from marketplace.stalls import queries, services
from marketplace.stalls.models import Means, Sale, SaleState, Shift
from marketplace.stalls.services import shifts
from tests.factories.accounts import UserFactory
from tests.factories.stalls import make_stall, sell
from tests.payments.conftest import receive
from tests.signing_in import csrf_token, post_form, signed_in

MORNING = datetime(2026, 11, 21, 0, 12, tzinfo=UTC)  # 07:12 in Vietnam


def _books() -> dict[str, int]:
    return {row.code: row.balance for row in ledger.trial_balance() if row.balance}


def _open(stall_id: int) -> Shift:
    shift = queries.find_open_shift(stall_id)
    assert shift is not None
    return shift


def _close(stall_id: int, counted: int, reason: str = "", *, shift_id: int | None = None) -> Shift:
    shift_id = shift_id or _open(stall_id).id
    up_to = queries.so_far(queries.get_shift(stall_id, shift_id)).up_to
    with transaction():
        return services.close_shift(
            stall_id, shift_id, up_to=up_to, counted_cash=Dong(counted), reason=reason, actor_id=None
        )


def _found(shift: Shift) -> dict[str, tuple[int, int, int, int]]:
    return {
        count.means.value: (count.recorded, count.expected, count.found, count.difference) for count in shift.counts
    }


def _paid_by_qr(stall_id: int, amount: int, reference: str) -> Sale:
    sale = sell(stall_id, amount, Means.QR)
    assert sale.payment is not None
    receive(sale.payment, bank_reference=reference)
    db.session.expire_all()
    return sale


def test_the_first_sale_opens_a_shift_and_the_next_ones_follow_in_it(context: Flask) -> None:
    stall_id = make_stall()
    assert queries.find_open_shift(stall_id) is None
    numbers = [sell(stall_id).sequence for _ in range(3)]
    assert numbers == [1, 2, 3]
    assert (_open(stall_id).number, _open(stall_id).first_sequence) == (1, 1)


def test_a_qr_sale_is_numbered_when_the_bank_speaks_not_when_it_is_rung_up(context: Flask) -> None:
    stall_id = make_stall()
    waiting = sell(stall_id, 45_000, Means.QR)
    assert waiting.sequence is None
    assert sell(stall_id, 1_000).sequence == 1
    receive(waiting.payment)
    db.session.expire_all()
    assert waiting.sequence == 2


def test_p19_cash_below_expectation_needs_a_reason_and_is_booked(context: Flask) -> None:
    stall_id = make_stall()
    sell(stall_id, 100_000)
    _paid_by_qr(stall_id, 45_000, "FT1")
    before = _books()
    with pytest.raises(Invalid, match="shift_reason_missing"):
        _close(stall_id, 80_000)
    assert (_books(), _open(stall_id).number) == (before, 1)
    shift = _close(stall_id, 80_000, "Thối nhầm cho khách")
    assert _found(shift) == {"qr": (45_000, 45_000, 45_000, 0), "cash": (100_000, 100_000, 80_000, -20_000)}
    assert {count.means.value: count.reason for count in shift.counts} == {"qr": "", "cash": "Thối nhầm cho khách"}
    assert _books() == {
        f"stall:{stall_id}:cash": 80_000,
        f"stall:{stall_id}:own_bank": 45_000,
        f"stall:{stall_id}:sales": -145_000,
        f"stall:{stall_id}:difference": 20_000,
    }
    assert audit_checks.run() == []


def test_more_than_expected_needs_a_reason_too(context: Flask) -> None:
    stall_id = make_stall()
    sell(stall_id, 100_000)
    with pytest.raises(Invalid, match="shift_reason_missing"):
        _close(stall_id, 100_001)
    _close(stall_id, 100_001, "Khách bỏ quên tiền lẻ")
    assert ledger.balance(f"stall:{stall_id}:difference") == -1


def test_what_agrees_needs_no_reason_and_posts_nothing(context: Flask) -> None:
    stall_id = make_stall()
    sell(stall_id, 100_000)
    before = _books()
    shift = _close(stall_id, 100_000, "không cần")
    assert [count.reason for count in shift.counts] == ["", ""]
    assert _books() == before


def test_a_second_closing_is_refused(context: Flask) -> None:
    stall_id = make_stall()
    sell(stall_id, 100_000)
    closed = _close(stall_id, 100_000)
    before = _books()
    with pytest.raises(Conflict, match="shift_closed"):
        _close(stall_id, 90_000, "khác", shift_id=closed.id)
    db.session.expire_all()
    assert _found(queries.get_shift(stall_id, closed.id))["cash"] == (100_000, 100_000, 100_000, 0)
    assert _books() == before


def test_change_in_the_drawer_is_expected_back(context: Flask) -> None:
    stall_id = make_stall()
    with transaction():
        actor = UserFactory().id
        services.open_shift(stall_id, opening_cash=Dong(200_000), actor_id=actor)
    with pytest.raises(Conflict, match="shift_open"), transaction():
        services.open_shift(stall_id, opening_cash=Dong(0), actor_id=actor)
    sell(stall_id, 50_000)
    shift = _close(stall_id, 250_000)
    assert _found(shift)["cash"] == (50_000, 250_000, 250_000, 0)
    assert _books() == {f"stall:{stall_id}:cash": 50_000, f"stall:{stall_id}:sales": -50_000}


def test_a_sale_that_the_trader_had_not_seen_belongs_to_the_next_shift(context: Flask) -> None:
    """By number, not by time: the bank may speak between the counting and the button."""
    stall_id = make_stall()
    sell(stall_id, 100_000)
    seen = queries.so_far(_open(stall_id))
    late = _paid_by_qr(stall_id, 45_000, "FT1")
    with transaction():
        closed = services.close_shift(
            stall_id, seen.shift.id, up_to=seen.up_to, counted_cash=Dong(100_000), reason="", actor_id=None
        )
    assert _found(closed)["qr"] == (0, 0, 0, 0)
    after = _open(stall_id)
    assert (after.number, after.first_sequence) == (2, late.sequence)
    assert [sale.id for sale in queries.sales_of_shift(after)] == [late.id]
    assert _found(_close(stall_id, 0))["qr"][0] == 45_000
    assert audit_checks.run() == []


def test_money_and_offline_sales_that_come_later_go_into_the_next_shift(context: Flask) -> None:
    stall_id = make_stall()
    with clock.frozen(MORNING):
        sell(stall_id, 10_000)
        waiting = sell(stall_id, 45_000, Means.QR)
        first = _close(stall_id, 10_000)
        assert queries.find_open_shift(stall_id) is None
    with clock.frozen(MORNING + timedelta(minutes=5)):
        receive(waiting.payment, transacted_at=MORNING)
        sell(stall_id, 7_000, sold_at=MORNING - timedelta(hours=1))
    db.session.expire_all()
    assert (waiting.state, waiting.paid_at) == (SaleState.PAID, MORNING)
    assert _found(queries.get_shift(stall_id, first.id))["qr"] == (0, 0, 0, 0)
    assert {m.value: s.recorded for m, s in queries.so_far(_open(stall_id)).sums.items()} == {
        "qr": 45_000,
        "cash": 7_000,
    }
    assert audit_checks.run() == []


def test_a_cash_sale_of_a_closed_shift_cannot_be_taken_back(context: Flask) -> None:
    stall_id = make_stall()
    sale = sell(stall_id, 10_000)
    _close(stall_id, 10_000)
    before = _books()
    with pytest.raises(Conflict, match="sale_in_closed_shift"), transaction():
        services.cancel_sale(queries.get_sale(stall_id, sale.id))
    assert queries.get_sale(stall_id, sale.id).state is SaleState.PAID
    assert _books() == before


def test_without_that_guard_the_database_refuses(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    stall_id = make_stall()
    sale = sell(stall_id, 10_000)
    _close(stall_id, 10_000)
    monkeypatch.setattr(queries, "last_closed_sequence", lambda _stall_id: 0)
    with pytest.raises(IntegrityError, match="closed"), transaction():
        services.cancel_sale(queries.get_sale(stall_id, sale.id))
    assert queries.get_sale(stall_id, sale.id).state is SaleState.PAID


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stall_sale SET amount = 1",
        "UPDATE stall_sale SET sequence = 99",
        "DELETE FROM stall_sale",
        "UPDATE stall_shift SET last_sequence = 0",
        "UPDATE stall_shift SET closed_at = NULL, last_sequence = NULL",
        "DELETE FROM stall_shift_count",
        "UPDATE stall_shift_count SET found = 0, difference = -10000, reason = 'x'",
    ],
)
def test_a_closed_shift_takes_no_change_from_anybody(context: Flask, statement: str) -> None:
    stall_id = make_stall()
    sell(stall_id, 10_000)
    _close(stall_id, 10_000)
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(text(statement))


def test_a_sale_cannot_be_written_into_a_closed_shift(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    stall_id = make_stall()
    with transaction():
        actor = UserFactory().id
    sell(stall_id, 10_000)
    sell(stall_id, 10_000)
    with transaction():
        shift_id = _open(stall_id).id
        services.close_shift(stall_id, shift_id, up_to=2, counted_cash=Dong(20_000), reason="", actor_id=actor)
        db.session.execute(text("UPDATE stall SET last_sequence = 1"))
    monkeypatch.setattr(shifts, "next_number", lambda _stall_id: 2)
    with pytest.raises(IntegrityError):
        sell(stall_id, 5_000)


def test_a_number_that_is_not_the_shifts_is_refused(context: Flask) -> None:
    stall_id = make_stall()
    sell(stall_id, 10_000)
    shift_id = _open(stall_id).id
    for up_to in (-1, 2):
        with pytest.raises(Invalid, match="shift_span_unknown"), transaction():
            services.close_shift(stall_id, shift_id, up_to=up_to, counted_cash=Dong(10_000), reason="", actor_id=None)
    neighbour = make_stall()
    with pytest.raises(NotFound, match="shift_unknown"), transaction():
        services.close_shift(neighbour, shift_id, up_to=1, counted_cash=Dong(1), reason="", actor_id=None)


# -- the pages and the API -----------------------------------------------------------------------------------------


@pytest.fixture
def stall_id(app: Flask) -> int:
    with app.app_context():
        return make_stall(name="Rau củ cô Ba")


@pytest.fixture
def vendor(app: Flask, stall_id: int) -> FlaskClient:
    return signed_in(app, Role.VENDOR, subject_id=stall_id)


def _shift_id(app: Flask, stall_id: int) -> int:
    with app.app_context():
        return _open(stall_id).id


def _sell(vendor: FlaskClient, stall_id: int, amount: int) -> None:
    sent = {"client_id": str(uuid.uuid4()), "amount": str(amount), "means": "cash"}
    assert post_form(vendor, f"/till/{stall_id}/sales", sent).status_code == 303


def test_p19_by_the_pages(app: Flask, vendor: FlaskClient, stall_id: int) -> None:
    assert "Chưa có ca nào đang mở" in vendor.get(f"/till/{stall_id}/shift").text
    assert post_form(vendor, f"/till/{stall_id}/shift", {"opening_cash": "50.000"}).status_code == 303
    _sell(vendor, stall_id, 100_000)
    page = vendor.get(f"/till/{stall_id}/shift").text
    assert "150.000\u00a0₫" in page and 'name="up_to" value="1"' in page
    address = f"/till/{stall_id}/shifts/{_shift_id(app, stall_id)}/close"
    asked = post_form(vendor, address, {"up_to": "1", "counted_cash": "130.000", "reason": ""})
    assert asked.status_code == 422
    assert "Thiếu 20.000\u00a0₫ trong hộc tiền" in asked.text and 'value="130.000"' in asked.text
    sent = {"up_to": "1", "counted_cash": "130.000", "reason": "Thối nhầm"}
    closed = post_form(vendor, address, sent)
    assert closed.status_code == 303
    slip = vendor.get(closed.location).text
    for told in ("Phiếu chốt ca số 1", "100.000\u00a0₫", "130.000\u00a0₫", "-20.000\u00a0₫", "Thối nhầm", "MÔ PHỎNG"):
        assert told in slip
    assert post_form(vendor, address, sent).status_code == 409
    assert "-20.000\u00a0₫" in vendor.get(f"/till/{stall_id}/closings").text


def test_nobody_else_sees_or_closes_the_shift(app: Flask, vendor: FlaskClient, stall_id: int) -> None:
    _sell(vendor, stall_id, 100_000)
    shift_id = _shift_id(app, stall_id)
    with app.app_context():
        other = make_stall()
    neighbour = signed_in(app, Role.VENDOR, subject_id=other)
    for place in (stall_id, other):
        address = f"/till/{place}/shifts/{shift_id}/close"
        assert post_form(neighbour, address, {"up_to": "1", "counted_cash": "0", "reason": "x"}).status_code == 404
        assert neighbour.get(f"/till/{place}/closings/{shift_id}").status_code == 404
    assert _shift_id(app, stall_id) == shift_id


@pytest.mark.parametrize("typed", [{"up_to": "x"}, {"up_to": "99"}, {"counted_cash": "-1"}, {"counted_cash": "abc"}])
def test_unreadable_counts_are_asked_again(
    app: Flask, vendor: FlaskClient, stall_id: int, typed: dict[str, str]
) -> None:
    _sell(vendor, stall_id, 100_000)
    sent = {"up_to": "1", "counted_cash": "100.000", "reason": "", **typed}
    address = f"/till/{stall_id}/shifts/{_shift_id(app, stall_id)}/close"
    assert post_form(vendor, address, sent).status_code == 422


def test_programs_close_a_shift_once(vendor: FlaskClient, stall_id: int) -> None:
    _sell(vendor, stall_id, 100_000)
    found = vendor.get(f"/api/v1/shifts?stall_id={stall_id}").json
    assert found is not None and found["open"]["up_to"] == 1
    body = {"stall_id": stall_id, "up_to": 1, "counted_cash": 80_000}
    address, headers = f"/api/v1/shifts/{found['open']['id']}/close", {"X-CSRFToken": csrf_token(vendor)}
    assert vendor.post(address, json=body, headers=headers).status_code == 422
    answer = vendor.post(address, json={**body, "reason": "thiếu"}, headers=headers)
    assert answer.status_code == 201 and answer.json is not None
    cash = next(row for row in answer.json["means"] if row["means"] == "cash")
    assert (cash["recorded"], cash["found"], cash["difference"]) == (100_000, 80_000, -20_000)
    assert vendor.post(address, json={**body, "reason": "thiếu"}, headers=headers).status_code == 409
    after = vendor.get(f"/api/v1/shifts?stall_id={stall_id}").json
    assert after is not None and (after["open"], len(after["items"])) == (None, 1)


# -- the bank takes money back (case 20) -----------------------------------------------------------------------------


def test_money_that_the_bank_takes_back_unpays_the_sale_of_an_open_shift(context: Flask) -> None:
    stall_id = make_stall()
    sale = _paid_by_qr(stall_id, 45_000, "FT1")
    assert sale.payment is not None
    with transaction():
        payment = settling.lock(sale.payment.id)
        assert purposes.handler_of(payment).may_unpay(payment)
        settling.unsettle(payment, occurred_at=clock.now())
    db.session.expire_all()
    assert (sale.state, sale.sequence, sale.payment.amount) == (SaleState.AWAITING, None, 45_000)
    assert _books() == {}
    receive(sale.payment, bank_reference="FT2")
    db.session.expire_all()
    assert (sale.state, sale.sequence) == (SaleState.PAID, 2)


def test_what_a_closing_holds_is_left_to_a_person(context: Flask) -> None:
    stall_id = make_stall()
    sale = _paid_by_qr(stall_id, 45_000, "FT1")
    _close(stall_id, 0)
    assert sale.payment is not None
    assert not purposes.handler_of(sale.payment).may_unpay(sale.payment)
