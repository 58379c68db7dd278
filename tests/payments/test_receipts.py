"""Transfers: exact, in parts, too much, twice, late, garbled, to the wrong account. Nothing is dropped or guessed."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.ledger import queries as ledger
from marketplace.payments import services
from marketplace.payments.models import BankReceipt, PaymentState, Purpose, Rail, ReceiptState
from tests.payments.conftest import NOON, TRADERS_ACCOUNT, Owner, TraderOwner, decision, make_payment, receive


def _books() -> dict[str, int]:
    return {row.code: row.balance for row in ledger.trial_balance() if row.balance}


def test_the_exact_amount_settles_and_is_posted(context: Flask, owner: Owner) -> None:
    payment = make_payment(amount=120_000)
    recorded = receive(payment)
    assert payment.state is PaymentState.SETTLED and payment.settled_at == NOON
    assert (recorded.receipt.state, recorded.receipt.reason) == (ReceiptState.APPLIED, None)
    assert owner.verbs == ["settled"]
    assert _books() == {"bank:collecting": 120_000, "order:escrow": -120_000}


def test_the_same_bank_reference_again_changes_nothing(context: Flask, owner: Owner) -> None:
    payment = make_payment()
    receive(payment)
    again = receive(payment)
    assert (again.is_new, again.contradicts) == (False, False)
    assert owner.verbs == ["settled"] and _books()["bank:collecting"] == 120_000


def test_the_same_reference_with_another_amount_is_a_contradiction(context: Flask, owner: Owner) -> None:
    payment = make_payment()
    receive(payment)
    assert receive(payment, 5).contradicts
    assert _books()["bank:collecting"] == 120_000


def test_two_parts_that_add_up_settle_at_the_second(context: Flask, owner: Owner) -> None:
    payment = make_payment(amount=120_000)
    receive(payment, 100_000, bank_reference="FT1")
    assert (payment.state, payment.received) == (PaymentState.PARTIALLY_FUNDED, 100_000)
    assert owner.verbs == []
    assert _books() == {"bank:collecting": 100_000, "payment:funding": -100_000}
    receive(payment, 20_000, bank_reference="FT2")
    assert payment.state is PaymentState.SETTLED
    assert owner.verbs == ["settled"]
    assert _books() == {"bank:collecting": 120_000, "order:escrow": -120_000}


def test_too_much_settles_and_the_rest_waits(context: Flask, owner: Owner) -> None:
    payment = make_payment(amount=120_000)
    receipt = receive(payment, 150_000).receipt
    assert payment.state is PaymentState.SETTLED and payment.received == 120_000
    assert (receipt.state, receipt.reason, receipt.applied) == (ReceiptState.UNAPPLIED, "over", 120_000)
    assert _books() == {"bank:collecting": 150_000, "order:escrow": -120_000, "unapplied": -30_000}


def test_a_second_transfer_for_a_paid_payment_waits(context: Flask, owner: Owner) -> None:
    payment = make_payment(amount=120_000)
    receive(payment, bank_reference="FT1")
    receipt = receive(payment, bank_reference="FT2").receipt
    assert (receipt.state, receipt.reason) == (ReceiptState.UNAPPLIED, "already_paid")
    assert _books()["unapplied"] == -120_000 and owner.verbs == ["settled"]


@pytest.mark.parametrize(("revives", "state"), [(True, PaymentState.SETTLED), (False, PaymentState.PENDING)])
def test_late_money_counts_only_when_its_owner_still_wants_it(
    context: Flask, owner: Owner, revives: bool, state: PaymentState
) -> None:
    payment = make_payment()
    owner.revives = revives
    with clock.frozen(NOON + timedelta(minutes=31)):
        receipt = receive(payment).receipt
    assert payment.state is state
    assert receipt.reason == (None if revives else "late")
    assert ("settled" in owner.verbs) is revives


def test_money_sent_in_time_is_not_late_when_its_notice_is(context: Flask, owner: Owner) -> None:
    """Bank time counts; but the goods may be gone, so the owner is asked."""
    payment = make_payment()
    with clock.frozen(NOON + timedelta(hours=2)):
        receipt = receive(payment, transacted_at=NOON + timedelta(minutes=29)).receipt
    assert owner.verbs == ["asked"] and receipt.reason == "payment_closed"
    owner.revives = True
    with clock.frozen(NOON + timedelta(hours=2)):
        receive(payment, transacted_at=NOON + timedelta(minutes=29), bank_reference="FT2")
    assert payment.state is PaymentState.SETTLED and payment.settled_at == NOON + timedelta(minutes=29)


def test_money_after_a_cancellation_waits(context: Flask, owner: Owner) -> None:
    payment = make_payment()
    with transaction():
        services.cancel(payment)
    receipt = receive(payment).receipt
    assert (payment.state, receipt.reason) == (PaymentState.CANCELLED, "payment_closed")
    assert _books() == {"bank:collecting": 120_000, "unapplied": -120_000}


def test_cancelling_a_part_paid_payment_frees_its_money(context: Flask, owner: Owner) -> None:
    payment = make_payment()
    receipt = receive(payment, 100_000).receipt
    with transaction():
        services.cancel(payment)
        services.cancel(payment)
    assert (receipt.state, receipt.reason, receipt.applied) == (ReceiptState.UNAPPLIED, "payment_cancelled", 0)
    assert _books() == {"bank:collecting": 100_000, "unapplied": -100_000}


@pytest.mark.parametrize(
    ("memo", "reason"),
    [("", "no_code"), ("tra tien ca phe", "no_code"), ("OC22222AB", "no_code")],
)
def test_a_memo_without_a_right_code_matches_nothing(context: Flask, owner: Owner, memo: str, reason: str) -> None:
    payment = make_payment()
    receipt = receive(payment, memo=memo).receipt
    assert (receipt.state, receipt.reason, receipt.payment_id) == (ReceiptState.UNAPPLIED, reason, None)
    assert payment.state is PaymentState.PENDING


def test_a_code_of_nobody_matches_nothing(context: Flask, owner: Owner) -> None:
    from marketplace.payments.transfer_codes import new_code

    assert receive(make_payment(), memo=new_code(Purpose.ORDER)).receipt.reason == "unknown_code"


def test_two_codes_match_nothing(context: Flask, owner: Owner) -> None:
    one, other = make_payment(), make_payment()
    receipt = receive(one, memo=f"{one.transfer_code} {other.transfer_code}").receipt
    assert receipt.reason == "two_codes"
    assert {one.state, other.state} == {PaymentState.PENDING}


def test_an_untidy_memo_matches(context: Flask, owner: Owner) -> None:
    payment = make_payment()
    code = str(payment.transfer_code).lower()
    receive(payment, memo=f"MBVCB.32789.{code[:4]} {code[4:]}.CT tu 0123")
    assert payment.state is PaymentState.SETTLED


def test_the_wrong_account_pays_nothing_and_is_not_our_money(context: Flask, owner: Owner) -> None:
    payment = make_payment()
    receipt = receive(payment, account="555").receipt
    assert (receipt.reason, receipt.payment_id, receipt.is_ours) == ("wrong_account", payment.id, False)
    assert payment.state is PaymentState.PENDING and _books() == {}


def test_a_trader_is_paid_beside_our_books(context: Flask, owner: Owner, trader: TraderOwner) -> None:
    payment = make_payment(amount=45_000, purpose=Purpose.STALL_SALE, payee=TRADERS_ACCOUNT)
    assert str(payment.transfer_code).startswith("CH")
    receive(payment, 50_000)
    assert payment.state is PaymentState.SETTLED and trader.verbs == ["settled"]
    assert _books() == {"stall:7:own_bank": 45_000, "stall:7:sales": -45_000}


@pytest.mark.parametrize("change", [{"direction": "out"}, {"currency": "USD"}])
def test_what_is_no_incoming_dong_is_refused(context: Flask, owner: Owner, change: dict[str, str]) -> None:
    payment = make_payment()
    with pytest.raises(ValueError, match="dong that came in"):
        receive(payment, **change)
    assert db.session.scalars(select(BankReceipt)).all() == []


def test_a_person_applies_what_the_memo_could_not(context: Flask, owner: Owner) -> None:
    payment = make_payment()
    receipt = receive(payment, memo="").receipt
    with transaction():
        services.apply_receipt(receipt.id, payment)
    assert payment.state is PaymentState.SETTLED and receipt.state is ReceiptState.APPLIED
    assert _books() == {"bank:collecting": 120_000, "order:escrow": -120_000}
    with pytest.raises(Conflict, match="receipt_decided"), transaction():
        services.apply_receipt(receipt.id, payment)


def test_a_person_cannot_apply_money_twice_or_to_the_wrong_account(context: Flask, owner: Owner) -> None:
    payment = make_payment()
    receive(payment)
    receipt = receive(payment, bank_reference="FT2").receipt
    with pytest.raises(Invalid) as refused, transaction():
        services.apply_receipt(receipt.id, payment)
    assert refused.value.facts == {"reason": "already_paid", "payment": payment.transfer_code}
    other = receive(payment, bank_reference="FT3", account="555").receipt
    with pytest.raises(Invalid) as refused, transaction():
        services.apply_receipt(other.id, make_payment_in_transaction())
    assert refused.value.facts["reason"] == "wrong_account"


def make_payment_in_transaction() -> object:
    return services.open_payment(Purpose.ORDER, Rail.VIETQR, 120_000)


def test_money_that_was_sent_back_leaves_the_books(context: Flask, owner: Owner) -> None:
    payment = make_payment()
    receipt = receive(payment, 150_000).receipt
    with transaction():
        services.return_receipt(receipt.id, decided=decision("Khách chuyển thừa"), occurred_at=NOON)
    assert receipt.state is ReceiptState.RETURNED
    assert _books() == {"bank:collecting": 120_000, "order:escrow": -120_000}
    with pytest.raises(Conflict, match="receipt_decided"), transaction():
        services.return_receipt(receipt.id, decided=decision(), occurred_at=NOON)


def test_money_of_others_cannot_be_returned_by_us_only_laid_aside(context: Flask, owner: Owner) -> None:
    receipt = receive(make_payment(), account="555").receipt
    with pytest.raises(Invalid, match="receipt_not_ours"), transaction():
        services.return_receipt(receipt.id, decided=decision(), occurred_at=NOON)
    with transaction():
        services.ignore_receipt(receipt.id, decided=decision("Không phải của sàn"))
    assert receipt.state is ReceiptState.IGNORED
