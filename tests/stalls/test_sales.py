"""A sale is one sale per id of the phone, and its money is learned of, never ours."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.ledger import queries as ledger
from marketplace.payments.models import Payment, PaymentState
from marketplace.stalls import queries, services
from marketplace.stalls.models import Means, Sale, SaleState
from tests.factories.stalls import change_account, make_stall, sell
from tests.payments.conftest import receive

MORNING = datetime(2026, 11, 21, 0, 12, tzinfo=UTC)  # 07:12 in Vietnam


def _books() -> dict[str, int]:
    return {row.code: row.balance for row in ledger.trial_balance() if row.balance}


def _count(model: type[Sale] | type[Payment]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def _payment(sale: Sale) -> Payment:
    assert sale.payment is not None
    return sale.payment


def test_a_qr_sale_asks_for_the_money_on_the_traders_own_account_and_posts_nothing(context: Flask) -> None:
    stall_id = make_stall(bank_account="0911000111", bank_holder="TRAN THI TU")
    sale = sell(stall_id, 45_000, Means.QR)
    payment = _payment(sale)
    assert (sale.state, sale.paid_at, payment.amount) == (SaleState.AWAITING, None, 45_000)
    assert (payment.payee_bin, payment.payee_account, payment.payee_name) == ("999999", "0911000111", "TRAN THI TU")
    assert str(payment.transfer_code).startswith("CH")
    assert _books() == {}


def test_the_banks_word_pays_the_sale_at_the_banks_time_with_one_posting(context: Flask) -> None:
    with clock.frozen(MORNING):
        stall_id = make_stall()
        sale = sell(stall_id, 45_000, Means.QR)
    receive(_payment(sale), transacted_at=MORNING)
    db.session.expire_all()
    assert (sale.state, sale.paid_at) == (SaleState.PAID, MORNING)
    assert _books() == {f"stall:{stall_id}:own_bank": 45_000, f"stall:{stall_id}:sales": -45_000}


def test_the_same_notice_again_has_no_effect(context: Flask) -> None:
    sale = sell(make_stall(), 45_000, Means.QR)
    receive(_payment(sale))
    before = _books()
    receive(_payment(sale))
    assert _books() == before
    assert queries.status_of(sale).excess == 0


def test_a_cash_sale_is_paid_at_once_without_a_payment(context: Flask) -> None:
    stall_id = make_stall()
    sale = sell(stall_id, 30_000)
    assert (sale.state, sale.payment_id) == (SaleState.PAID, None)
    assert _count(Payment) == 0
    assert _books() == {f"stall:{stall_id}:cash": 30_000, f"stall:{stall_id}:sales": -30_000}


@pytest.mark.parametrize("means", list(Means))
def test_the_same_id_is_the_same_sale(context: Flask, means: Means) -> None:
    stall_id, client_id = make_stall(), str(uuid.uuid4())
    first = sell(stall_id, 45_000, means, client_id=client_id).id
    before = _books()
    assert sell(stall_id, 45_000, means, client_id=client_id).id == first
    assert (_count(Sale), _count(Payment)) == (1, 1 if means is Means.QR else 0)
    assert _books() == before


@pytest.mark.parametrize(("amount", "means"), [(45_001, Means.CASH), (45_000, Means.QR)])
def test_the_same_id_with_another_amount_or_means_is_refused(context: Flask, amount: int, means: Means) -> None:
    stall_id, client_id = make_stall(), str(uuid.uuid4())
    sell(stall_id, 45_000, client_id=client_id)
    before = _books()
    with pytest.raises(Conflict, match="client_id_used"):
        sell(stall_id, amount, means, client_id=client_id)
    assert (_count(Sale), _count(Payment)) == (1, 0)
    assert _books() == before


def test_the_same_id_at_two_stalls_is_two_sales(context: Flask) -> None:
    client_id = str(uuid.uuid4())
    sell(make_stall(), client_id=client_id)
    sell(make_stall(), client_id=client_id)
    assert _count(Sale) == 2


def test_a_short_transfer_leaves_the_sale_open_and_the_rest_pays_it(context: Flask) -> None:
    stall_id = make_stall()
    sale = sell(stall_id, 45_000, Means.QR)
    receive(_payment(sale), 40_000, bank_reference="FT1")
    status = queries.status_of(sale)
    assert (status.face, status.received, status.missing) == ("partial", 40_000, 5_000)
    assert _books() == {}
    receive(_payment(sale), 5_000, bank_reference="FT2")
    db.session.expire_all()
    assert sale.state is SaleState.PAID
    assert _books() == {f"stall:{stall_id}:own_bank": 45_000, f"stall:{stall_id}:sales": -45_000}


def test_too_much_pays_the_sale_and_says_what_is_to_be_given_back(context: Flask) -> None:
    stall_id = make_stall()
    sale = sell(stall_id, 45_000, Means.QR)
    receive(_payment(sale), 50_000)
    db.session.expire_all()
    status = queries.status_of(sale)
    assert (status.face, status.received, status.excess) == ("paid", 45_000, 5_000)
    assert _books() == {f"stall:{stall_id}:own_bank": 45_000, f"stall:{stall_id}:sales": -45_000}


def test_money_on_another_account_never_pays(context: Flask) -> None:
    neighbour = make_stall(bank_account="0999000999")
    sale = sell(make_stall(), 45_000, Means.QR)
    recorded = receive(_payment(sale), account="0999000999")
    db.session.expire_all()
    assert recorded.receipt.reason == "wrong_account"
    assert (sale.state, queries.status_of(sale).excess) == (SaleState.AWAITING, 0)
    assert _books() == {}
    assert queries.totals_of_day(neighbour, clock.today())[Means.QR].count == 0


def test_a_code_that_was_made_before_the_account_changed_keeps_the_old_account(context: Flask) -> None:
    stall_id = make_stall(bank_account="0911000111")
    sale = sell(stall_id, 45_000, Means.QR)
    change_account(stall_id, "0922000222")
    assert _payment(sale).payee_account == "0911000111"
    assert _payment(sell(stall_id, 1_000, Means.QR)).payee_account == "0922000222"


def test_money_for_a_cancelled_sale_stays_unapplied_and_is_shown_to_the_trader(context: Flask) -> None:
    sale = sell(make_stall(), 45_000, Means.QR)
    with transaction():
        services.cancel_sale(sale)
    assert (sale.state, _payment(sale).state) == (SaleState.CANCELLED, PaymentState.CANCELLED)
    recorded = receive(_payment(sale))
    db.session.expire_all()
    assert recorded.receipt.reason == "payment_closed"
    assert (sale.state, queries.status_of(sale).excess) == (SaleState.CANCELLED, 45_000)
    assert _books() == {}


def test_a_paid_qr_sale_cannot_be_cancelled(context: Flask) -> None:
    sale = sell(make_stall(), 45_000, Means.QR)
    receive(_payment(sale))
    db.session.expire_all()
    with pytest.raises(Conflict, match="sale_paid"), transaction():
        services.cancel_sale(sale)
    assert queries.status_of(sale).face == "paid"


def test_a_cash_sale_is_taken_back_on_its_day_only(context: Flask) -> None:
    stall_id = make_stall()
    with clock.frozen(MORNING):
        sale = sell(stall_id, 30_000)
    with clock.frozen(MORNING + timedelta(days=1)), pytest.raises(Conflict, match="sale_day_over"), transaction():
        services.cancel_sale(sale)
    assert _books() == {f"stall:{stall_id}:cash": 30_000, f"stall:{stall_id}:sales": -30_000}
    with clock.frozen(MORNING + timedelta(hours=2)):
        for _ in range(2):
            with transaction():
                services.cancel_sale(queries.get_sale(stall_id, sale.id))
    assert queries.get_sale(stall_id, sale.id).state is SaleState.CANCELLED
    assert _books() == {}


def test_a_closed_stall_and_one_without_account_take_no_qr(context: Flask) -> None:
    bare = make_stall(bank_bin=None, bank_account=None, bank_holder=None, qr_since=None)
    with pytest.raises(Conflict, match="stall_without_account"):
        sell(bare, 1_000, Means.QR)
    sell(bare, 1_000, Means.CASH)
    with pytest.raises(Conflict, match="stall_closed"):
        sell(make_stall(is_active=False), 1_000)
    with pytest.raises(NotFound, match="stall_unknown"):
        sell(999_999, 1_000)


def test_a_phones_clock_is_believed_within_reason(context: Flask) -> None:
    stall_id = make_stall()
    with clock.frozen(MORNING):
        assert sell(stall_id, sold_at=MORNING - timedelta(days=2)).sold_at == MORNING - timedelta(days=2)
        assert sell(stall_id, sold_at=MORNING + timedelta(minutes=4)).sold_at == MORNING
        with pytest.raises(Invalid, match="sold_in_the_future"):
            sell(stall_id, sold_at=MORNING + timedelta(minutes=6))
        with pytest.raises(Invalid, match="sold_too_long_ago"):
            sell(stall_id, sold_at=MORNING - timedelta(days=32))


def test_the_days_totals_are_the_days_postings(context: Flask) -> None:
    stall_id = make_stall()
    late = datetime(2026, 11, 21, 16, 59, tzinfo=UTC)  # 23:59 in Vietnam
    with clock.frozen(late):
        sell(stall_id, 10_000)
        overnight = sell(stall_id, 45_000, Means.QR)
        sell(stall_id, 7_000, Means.QR)
    with clock.frozen(late + timedelta(minutes=2)):
        receive(_payment(overnight))
        sell(stall_id, 20_000)
    first, second = clock.local_day_of(late), clock.local_day_of(late + timedelta(minutes=2))
    days = {day: queries.totals_of_day(stall_id, day) for day in (first, second)}
    assert {m: (t.count, t.amount) for m, t in days[first].items()} == {Means.QR: (0, 0), Means.CASH: (1, 10_000)}
    assert {m: (t.count, t.amount) for m, t in days[second].items()} == {Means.QR: (1, 45_000), Means.CASH: (1, 20_000)}
    sales = f"stall:{stall_id}:sales"
    assert ledger.balance(sales, before=clock.local_day(second)[0]) == -10_000
    assert ledger.balance(sales) == -75_000
    assert [sale.amount for sale in queries.sales_of_day(stall_id, first)] == [7_000, 10_000]
    assert sorted(sale.amount for sale in queries.sales_of_day(stall_id, second)) == [20_000, 45_000]


def test_a_payment_whose_sale_is_gone_is_not_settled_silently(context: Flask) -> None:
    sale = sell(make_stall(), 45_000, Means.QR)
    receive(_payment(sale))
    with pytest.raises(ValueError, match="no sale waits"), transaction():
        services.StallSales().on_settled(_payment(sale), clock.now())
