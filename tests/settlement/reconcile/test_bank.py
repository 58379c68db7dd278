"""The bank's statement beside the books."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.payments import flows, services
from marketplace.payments.models import BankReceipt, Payment, PaymentState
from marketplace.payments.movements import Movement
from marketplace.payments.services import reversing
from marketplace.settlement.flows import statements
from marketplace.settlement.flows.differences import reconcile
from marketplace.settlement.models import (
    GATEWAY,
    DifferenceKind,
    DifferenceState,
    Outcome,
    StatementDifference,
)
from marketplace.settlement.queries import subjects
from marketplace.settlement.queries.statement_days import statement_day
from tests.payments.conftest import NOON, make_payment, movement
from tests.payments.shop import OURS, Shop
from tests.settlement.reconcile.steps import (
    TODAY,
    by_card,
    day,
    fresh,
    invent_receipt,
    kinds,
    listed_by_bank,
    rows,
    transfer,
)


def test_a_day_without_differences_is_clean(shop: Shop) -> None:
    transfer(shop, make_payment())
    by_card()
    assert set(shop.deliver()) == {200}
    done = reconcile()
    assert (done.outcome, done.still_open, done.silent) == (Outcome.CLEAN, 0, [])
    assert rows(*DifferenceState) == []
    for account in (OURS.account, GATEWAY):
        found = day(account)
        assert found.adds_up and found.carried == 0 and found.effects == 0
        assert found.books == found.statement and found.statement.closing == 120_000


def test_a_lost_notice_is_found_booked_and_listed(shop: Shop) -> None:
    payment = make_payment()
    transfer(shop, payment)
    done = reconcile()
    assert fresh(payment).state is PaymentState.SETTLED
    assert (done.outcome, done.counts.repaired) == (Outcome.CLEAN, 1)
    assert kinds(DifferenceState.REPAIRED) == [DifferenceKind.MISSING_NOTICE]
    assert day().adds_up and day().statement == day().books


def test_a_notice_that_comes_in_the_end_takes_its_difference_away(shop: Shop) -> None:
    transfer(shop, make_payment())
    reconcile()
    assert set(shop.deliver()) == {200}
    assert reconcile().counts.closed == 1
    assert rows(DifferenceState.OPEN, DifferenceState.REPAIRED) == []


def test_unapplied_money_is_open_until_somebody_decides(shop: Shop) -> None:
    payment = make_payment()
    transfer(shop, payment, memo="tra tien hang")
    shop.deliver()
    assert reconcile().outcome is Outcome.DIFFERENCES
    assert kinds() == [DifferenceKind.UNAPPLIED]
    assert day().adds_up and day().effects == 0
    receipt = db.session.scalars(select(BankReceipt.id)).one()
    db.session.rollback()
    with transaction():
        services.apply_receipt(receipt, payment)
    assert (reconcile().outcome, kinds()) == (Outcome.CLEAN, [])


def test_running_again_makes_no_second_row(shop: Shop) -> None:
    transfer(shop, make_payment(), memo="tra tien")
    reconcile()
    first = db.session.scalars(select(StatementDifference)).one()
    before = (first.id, first.found_at)
    db.session.rollback()
    with clock.frozen(NOON + timedelta(hours=2)):
        reconcile()
        again = db.session.scalars(select(StatementDifference)).one()
        assert (again.id, again.found_at, again.seen_at) == (*before, NOON + timedelta(hours=2))


def test_a_day_with_every_kind_of_difference_adds_up(shop: Shop) -> None:
    transfer(shop, make_payment(amount=10_000))  # matched
    shop.deliver()
    transfer(shop, make_payment(amount=20_000))  # its notice never comes
    transfer(shop, make_payment(amount=30_000), memo="khong ma")  # unapplied
    fee = {"account": OURS.account, "amount": 1_100}
    _book_outgoing(shop, fee)  # money left without an order: missing here
    invent_receipt("FT-NEVER", 40_000)  # missing in bank
    _forge_amount(transfer(shop, make_payment(amount=50_000)), 49_000)  # amount differs
    _keep_foreign_line()  # another currency
    assert reconcile().outcome is Outcome.DIFFERENCES
    assert kinds(DifferenceState.OPEN, DifferenceState.REPAIRED) == sorted(
        [
            DifferenceKind.MISSING_NOTICE,
            DifferenceKind.UNAPPLIED,
            DifferenceKind.MISSING_HERE,
            DifferenceKind.MISSING_THERE,
            DifferenceKind.AMOUNT,
            DifferenceKind.CURRENCY,
        ]
    )
    found = day()
    assert (found.statement.came_in, found.statement.went_out, found.statement.closing) == (110_000, 1_100, 108_900)
    assert (found.books.came_in, found.books.went_out, found.books.closing) == (149_000, 0, 149_000)
    assert found.effects == -1_100 - 40_000 + 1_000
    assert found.adds_up and found.books.closing + found.effects == found.statement.closing
    listed = db.session.scalar(select(func.sum(StatementDifference.effect)))
    assert listed == found.effects


def test_the_next_day_begins_where_this_one_ended(shop: Shop) -> None:
    _book_outgoing(shop, {"account": OURS.account, "amount": 1_100})
    reconcile()
    with clock.frozen(NOON + timedelta(days=1)):
        transfer(shop, make_payment(amount=10_000))
        shop.deliver()
        reconcile()
        tomorrow = statement_day(OURS.account, TODAY + timedelta(days=1))
        assert tomorrow.carried == -1_100 and tomorrow.effects == 0 and tomorrow.adds_up
        assert tomorrow.statement.opening == day().statement.closing


def test_without_the_banks_list_the_books_alone_show_nothing(shop: Shop) -> None:
    """The control: what the comparison finds comes from the list of the bank, not out of the books."""
    transfer(shop, make_payment(), memo="tra tien")
    assert (day().statement.closing, day().books.closing, day().pairs) == (0, 0, [])
    reconcile()
    assert (day().statement.closing, kinds()) == (120_000, [DifferenceKind.UNAPPLIED])


def test_a_statement_is_not_blamed_for_what_came_after_it_was_read(shop: Shop) -> None:
    reconcile()
    with clock.frozen(NOON + timedelta(minutes=10)):
        invent_receipt("FT-LATER", 40_000)
        pair = next(pair for pair in day().pairs if pair.subject == "FT-LATER")
        assert pair.is_young and pair.kind is None and day().adds_up
        reconcile()
        assert kinds() == [DifferenceKind.MISSING_THERE]


def _book_outgoing(shop: Shop, facts: dict[str, Any]) -> None:
    """The bank takes money by itself: a transfer into the account that it reverses, less the transfer itself."""
    account = str(facts["account"])
    told = movement(
        Payment(payee_bin=OURS.bin, payee_account=account, amount=facts["amount"], transfer_code="PHI"),
        bank_reference="FT-FEE",
        direction="out",
    )
    listed_by_bank(told)


def test_what_the_bank_took_back_stands_beside_its_reversal_and_leaves_no_difference(shop: Shop, unpays: None) -> None:
    booking = transfer(shop, make_payment())
    shop.deliver()
    assert shop.sandbox.bank("POST", f"/transfers/{booking['id']}/reversal").status_code == 201
    shop.deliver()
    assert (reconcile().outcome, rows(*DifferenceState)) == (Outcome.CLEAN, [])
    found = day()
    assert sorted((pair.theirs, pair.ours) for pair in found.pairs) == [(-120_000, -120_000), (120_000, 120_000)]
    assert found.adds_up and found.effects == 0 and found.books == found.statement
    assert (found.statement.came_in, found.statement.closing) == (120_000, 0)


def test_without_its_pairing_a_reversal_would_stand_as_a_difference(
    shop: Shop, unpays: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subjects.Names, "_learn_reversals", lambda *_names: None)
    booking = transfer(shop, make_payment())
    shop.sandbox.bank("POST", f"/transfers/{booking['id']}/reversal")
    shop.deliver()
    reconcile()
    assert kinds() == [DifferenceKind.AMOUNT, DifferenceKind.MISSING_HERE]


def test_a_reversal_of_a_later_day_stands_on_that_day(shop: Shop, unpays: None) -> None:
    booking = transfer(shop, make_payment())
    shop.deliver()
    with clock.frozen(NOON + timedelta(days=1)):
        shop.sandbox.bank("POST", f"/transfers/{booking['id']}/reversal")
        shop.deliver()
        assert (reconcile([TODAY, TODAY + timedelta(days=1)]).outcome, rows(*DifferenceState)) == (Outcome.CLEAN, [])
        first, second = day(), statement_day(OURS.account, TODAY + timedelta(days=1))
    assert (first.books.closing, second.books.closing) == (120_000, 0)
    assert first.adds_up and second.adds_up and second.books == second.statement


def test_rows_without_a_reference_beside_notices_add_up(shop: Shop, unpays: None) -> None:
    """The first row is imported before its notice; the day is read from the bank again, which names it."""
    payment = make_payment()
    booking = transfer(shop, payment)
    head = f"Số tài khoản: {OURS.account}\nNgày;Ghi nợ;Ghi có;Nội dung\n"
    statements.import_file(
        f"{head}21/11/2026;;120.000;{booking['memo']}\n".encode(), file_name="sao-ke.csv", actor_id=None
    )
    assert set(shop.deliver()) == {200}
    assert (reconcile().outcome, rows(*DifferenceState)) == (Outcome.CLEAN, [])
    assert shop.sandbox.bank("POST", f"/transfers/{booking['id']}/reversal").status_code == 201
    shop.deliver()
    assert (reconcile().outcome, rows(*DifferenceState)) == (Outcome.CLEAN, [])
    assert day().adds_up and day().books == day().statement and day().books.closing == 0


def test_a_second_booking_about_a_reversal_known_from_a_row_is_a_difference(shop: Shop, unpays: None) -> None:
    payment = make_payment()
    booking = transfer(shop, payment)
    shop.deliver()
    head = f"Số tài khoản: {OURS.account}\nNgày;Ghi nợ;Ghi có;Nội dung\n"
    row = f"21/11/2026;120.000;;HUY {booking['bank_reference']}\n"
    statements.import_file(f"{head}{row}".encode(), file_name="sao-ke.csv", actor_id=None)
    assert fresh(payment).state is PaymentState.FAILED
    for reference in ("OUT1", "OUT2", "OUT1"):
        listed_by_bank(_taking_back(payment, booking["bank_reference"], reference))
        statements.apply_lines()
    reconcile()
    assert rows() == [(DifferenceKind.MISSING_HERE, "OUT2")]
    found = day()
    assert found.adds_up and (found.books.closing, found.statement.closing) == (0, -120_000)


def test_without_its_other_name_the_second_booking_would_pass_for_the_first(
    shop: Shop, unpays: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: its effect is said to be done."""
    monkeypatch.setattr(reversing, "_learns_name", lambda _reversal, _movement: True)
    payment = make_payment()
    booking = transfer(shop, payment)
    shop.deliver()
    told = [_taking_back(payment, booking["bank_reference"], name) for name in ("CSV-1", "OUT1", "OUT2")]
    assert [flows.apply_movement(one).ignored for one in told] == [None, None, None]


def _taking_back(payment: Payment, receipt_reference: str, reference: str) -> Movement:
    names = {"bank_reference": reference, "related_reference": receipt_reference}
    return movement(payment, direction="out", memo=f"HUY {receipt_reference}", **names)


def _keep_foreign_line() -> None:
    payee = Payment(payee_bin=OURS.bin, payee_account=OURS.account, amount=7, transfer_code="USD")
    listed_by_bank(movement(payee, bank_reference="FT-USD", currency="USD"))


def _forge_amount(booking: dict[str, Any], amount: int) -> None:
    """A notice told another amount than the bank lists."""
    payee = Payment(payee_bin=OURS.bin, payee_account=OURS.account, amount=amount, transfer_code=booking["memo"])
    told = movement(payee, bank_reference=booking["bank_reference"])
    with transaction():
        services.record_receipt(told)
