"""Transfers: by notice, in parts, over, garbled, late, lost."""

from datetime import timedelta

from marketplace.core import clock
from marketplace.ledger import queries as ledger
from marketplace.payments import flows, qr
from marketplace.payments.models import PaymentState
from tests.payments.conftest import Owner, make_payment
from tests.payments.over_http.steps import fresh, receipts
from tests.payments.shop import Shop


def test_a_scanned_code_pays_by_the_banks_notice(shop: Shop, owner: Owner) -> None:
    payment = make_payment()
    shop.sandbox.pay(qr.payload(payment))
    assert shop.deliver() == [200]
    assert fresh(payment).state is PaymentState.SETTLED and receipts() == [("applied", None)]


def test_short_and_the_second_code_for_the_rest(shop: Shop, owner: Owner) -> None:
    payment = make_payment(amount=120_000)
    shop.sandbox.pay(qr.payload(payment), amount=100_000)
    shop.deliver()
    assert fresh(payment).state is PaymentState.PARTIALLY_FUNDED
    shop.sandbox.pay(qr.payload(payment))
    shop.deliver()
    assert fresh(payment).state is PaymentState.SETTLED and payment.received == 120_000
    assert owner.verbs == ["settled"]


def test_over_twice_garbled_and_late_wait_for_a_person(shop: Shop, owner: Owner) -> None:
    payment, late = make_payment(), make_payment()
    code = qr.payload(payment)
    wrong = str(payment.transfer_code)[:-1] + ("A" if str(payment.transfer_code)[-1] != "A" else "B")
    after_deadline = clock.local(clock.now() + timedelta(minutes=31)).isoformat(timespec="seconds")
    for qr_code, changes in (
        (code, {"memo": wrong}),
        (code, {"amount": 130_000}),
        (code, {}),
        (qr.payload(late), {"transacted_at": after_deadline}),
    ):
        shop.sandbox.pay(qr_code, **changes)
        assert shop.deliver() == [200]
    assert [reason for _, reason in receipts()] == ["no_code", "over", "already_paid", "late"]
    assert ledger.balance("bank:collecting") == 120_000 * 3 + 130_000
    assert ledger.balance("unapplied") == -(120_000 * 3 + 10_000)


def test_a_lost_notice_is_found_in_the_statement_and_counts_once(shop: Shop, owner: Owner) -> None:
    payment = make_payment()
    shop.sandbox.pay(qr.payload(payment))
    for _ in range(2):
        flows.reconcile(older_than=timedelta(0))
    assert fresh(payment).state is PaymentState.SETTLED
    assert shop.deliver() == [200]
    assert owner.verbs == ["settled"] and ledger.balance("bank:collecting") == 120_000
