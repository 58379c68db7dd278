"""The cases of payments at a market, each through the sandbox bank over HTTP, in the order of their numbers.

Cases 18 and 26 to 29 belong to the stall: tests/stalls.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.cardnumbers import holds_card_number
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong
from marketplace.ledger import audit_checks
from marketplace.ledger import queries as ledger
from marketplace.outbox import flows as outbox
from marketplace.payments import flows, purposes, qr, services, transfer_codes
from marketplace.payments import settings as payment_settings
from marketplace.payments.models import (
    BankReceipt,
    GatewayEvent,
    OutgoingTransfer,
    Payment,
    PaymentState,
    Purpose,
    Refund,
    RefundState,
    WorkItem,
)
from marketplace.payments.settings import Payee
from marketplace.sandbox.signing import bank_headers
from marketplace.settlement.queries.proposals import proposals_for
from tests.payments.conftest import Owner, decision, make_payment
from tests.payments.shop import Shop, open_shop
from tests.sandbox.server import NOTICE_SECRET

BOOKS = ("bank:collecting", "unapplied", "payment:funding", "order:escrow")


class Taking(Owner):
    """An owner that credits a producer, and takes the credit back when the money goes back to the bank."""

    def __init__(self) -> None:
        super().__init__()
        self.unapplied: list[tuple[int, str]] = []

    def may_unpay(self, payment: Payment) -> bool:
        return True

    def on_unpaid(self, payment: Payment, occurred_at: Any) -> None:
        self.heard.append(("unpaid", payment.public_id))

    def on_unapplied(self, payment: Payment, amount: Dong, reason: str) -> None:
        self.unapplied.append((amount, reason))


@pytest.fixture
def owner(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Taking:
    """Hears of every payment of an order; the clock runs."""
    handler = Taking()
    monkeypatch.setitem(purposes._handlers, Purpose.ORDER, handler)
    return handler


@pytest.fixture
def shop(context: Flask, tmp_path: Path, owner: Taking) -> Iterator[Shop]:
    """The shop and a sandbox, both over HTTP; afterwards the promises about unapplied money and the ledger hold."""
    before = payment_settings.current()
    running = open_shop(context, tmp_path)
    yield running
    running.stop()
    payment_settings.configure(before)
    db.session.rollback()
    kept = {"I01", "I03", "I06", "I28", "I29", "M01", "M02", "M03", "M04", "M05", "M06", "M07"}
    assert [found for found in audit_checks.run() if found.check.name in kept] == []


def pay(shop: Shop, payment: Payment, **changes: Any) -> dict[str, Any]:
    """The buyer pays ``payment`` in the bank app, with changes; the shop hears of it at once and says 200."""
    booking = shop.sandbox.pay(qr.payload(payment), **changes)
    assert shop.deliver() == [200]
    db.session.refresh(payment)
    return booking


def books() -> dict[str, int]:
    """Balances of the accounts that transfers pass, those of zero left out."""
    return {code: amount for code, amount in ledger.balances(BOOKS).items() if amount}


def receipts() -> list[tuple[str, str | None]]:
    """State and reason of each receipt, oldest first."""
    db.session.rollback()
    return [(row.state.value, row.reason) for row in db.session.scalars(select(BankReceipt).order_by(BankReceipt.id))]


def items() -> list[tuple[str, str, str]]:
    """Kind, reason and state of each work item, oldest first."""
    db.session.rollback()
    rows = db.session.scalars(select(WorkItem).order_by(WorkItem.id))
    return [(row.kind.value, row.reason, row.state.value) for row in rows]


def at(**shift: float) -> str:
    """A moment on the bank's clock, so far from now."""
    return clock.local(clock.now() + timedelta(**shift)).isoformat(timespec="seconds")


def notice(shop: Shop, body: bytes, *, secret: str = NOTICE_SECRET, age: int = 0) -> requests.Response:
    """Send the shop a notice, as the bank or as somebody who only says so."""
    headers = bank_headers(secret, int(clock.now().timestamp()) - age, body)
    answer = requests.post(f"{shop.url}/webhooks/bank", data=body, headers=headers, timeout=10)
    db.session.rollback()
    return answer


def last_notice(shop: Shop) -> bytes:
    """The body of the newest notice that the bank sent."""
    newest = select(GatewayEvent.body).order_by(GatewayEvent.id.desc()).limit(1)
    return db.session.scalars(newest).one().encode()


def test_case_01_exact_amount_right_code_in_time_pays_once(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    pay(shop, payment)
    assert (payment.state, payment.received) == (PaymentState.SETTLED, 120_000) and receipts() == [("applied", None)]
    assert books() == {"bank:collecting": 120_000, "order:escrow": -120_000}
    assert owner.verbs == ["settled"] and items() == []


def test_case_02_the_same_notice_again_changes_nothing(shop: Shop, owner: Taking) -> None:
    pay(shop, make_payment())
    body = last_notice(shop)
    answers = [notice(shop, body) for _ in range(3)]
    assert [(answer.status_code, answer.json()["new"]) for answer in answers] == [(200, False)] * 3
    assert owner.verbs == ["settled"] and books() == {"bank:collecting": 120_000, "order:escrow": -120_000}


@pytest.mark.parametrize("change", [{"amount": 240_000}, {"memo": "x"}, {"account": "123"}])
def test_case_03_the_same_notice_with_another_body_is_refused_with_an_alarm(
    shop: Shop, owner: Taking, change: dict[str, Any]
) -> None:
    pay(shop, make_payment())
    changed = json.dumps({**json.loads(last_notice(shop)), **change}).encode()
    answer = notice(shop, changed)
    assert (answer.status_code, answer.json()["code"]) == (400, "event_id_reused")
    db.session.rollback()
    assert "event_id_reused" in set(db.session.scalars(select(GatewayEvent.ignored_reason)))
    assert owner.verbs == ["settled"] and books() == {"bank:collecting": 120_000, "order:escrow": -120_000}


def test_case_03_the_same_bank_reference_with_another_amount_is_an_alarm(shop: Shop, owner: Taking) -> None:
    pay(shop, make_payment())
    other = {**json.loads(last_notice(shop)), "id": "bn_other", "amount": 1}
    assert notice(shop, json.dumps(other).encode()).status_code == 200
    db.session.rollback()
    assert db.session.scalars(select(GatewayEvent.ignored_reason).order_by(GatewayEvent.id)).all()[-1] == (
        "reference_reused"
    )
    assert books() == {"bank:collecting": 120_000, "order:escrow": -120_000}


def test_case_04_the_second_of_two_transfers_is_unapplied(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    code = qr.payload(payment)
    pay(shop, payment)
    shop.sandbox.pay(code)
    assert shop.deliver() == [200]
    assert receipts() == [("applied", None), ("unapplied", "already_paid")] and owner.verbs == ["settled"]
    assert books() == {"bank:collecting": 240_000, "unapplied": -120_000, "order:escrow": -120_000}
    assert items() == [("unapplied", "already_paid", "waiting")] and owner.unapplied == [(120_000, "already_paid")]


def test_case_05_underpaid_asks_for_the_rest_and_releases_nothing(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    pay(shop, payment, amount=100_000)
    assert (payment.state, payment.remaining) == (PaymentState.PARTIALLY_FUNDED, 20_000) and owner.verbs == []
    assert books() == {"bank:collecting": 100_000, "payment:funding": -100_000}
    assert "5405" + "20000" in qr.payload(payment)


def test_case_06_two_parts_that_add_up_pay_at_the_second(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    for amount in (100_000, 20_000):
        assert owner.verbs == []
        pay(shop, payment, amount=amount)
    assert payment.state is PaymentState.SETTLED and owner.verbs == ["settled"]
    assert books() == {"bank:collecting": 120_000, "order:escrow": -120_000}


def test_case_07_overpaid_pays_and_the_excess_is_unapplied(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    pay(shop, payment, amount=125_000)
    assert payment.state is PaymentState.SETTLED and receipts() == [("unapplied", "over")]
    assert books() == {"bank:collecting": 125_000, "unapplied": -5_000, "order:escrow": -120_000}
    assert items() == [("unapplied", "over", "waiting")] and owner.unapplied == [(5_000, "over")]


@pytest.mark.parametrize("still_there", [True, False])
def test_case_08_and_09_late_money_counts_only_while_the_goods_are_there(
    shop: Shop, owner: Taking, still_there: bool
) -> None:
    owner.revives = still_there
    payment = make_payment()
    pay(shop, payment, transacted_at=at(minutes=31))
    assert "asked" in owner.verbs  # under the payment's lock, in the transaction of the money
    if still_there:
        assert payment.state is PaymentState.SETTLED and receipts() == [("applied", None)]
        assert books() == {"bank:collecting": 120_000, "order:escrow": -120_000}
    else:
        assert payment.state is PaymentState.PENDING and receipts() == [("unapplied", "late")]
        assert books() == {"bank:collecting": 120_000, "unapplied": -120_000}
        assert owner.unapplied == [(120_000, "late")] and items() == [("unapplied", "late", "waiting")]


def test_case_10_money_sent_in_time_counts_when_its_notice_is_late(shop: Shop, owner: Taking) -> None:
    """Asked for again under lock, because others may have the goods by now; bank time makes it no *late* money."""
    owner.revives = True
    with clock.frozen(clock.now() - timedelta(hours=2)):
        payment = make_payment()
    pay(shop, payment, transacted_at=at(minutes=-115))
    assert payment.state is PaymentState.SETTLED and payment.settled_at is not None
    assert payment.expires_at is not None and payment.settled_at < payment.expires_at


def test_case_11_money_after_a_cancellation_is_unapplied(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    code = qr.payload(payment)
    with transaction():
        services.cancel(payment)
    shop.sandbox.pay(code)
    assert shop.deliver() == [200]
    db.session.refresh(payment)
    assert payment.state is PaymentState.CANCELLED and receipts() == [("unapplied", "payment_closed")]
    assert books() == {"bank:collecting": 120_000, "unapplied": -120_000}
    assert owner.unapplied == [(120_000, "payment_closed")]
    assert proposals_for(db.session.scalars(select(BankReceipt)).one()) == []


def test_case_12_without_a_memo_a_person_decides_between_proposals(shop: Shop, owner: Taking) -> None:
    payment, other = make_payment(), make_payment(amount=50_000)
    pay(shop, payment, memo="")
    assert receipts() == [("unapplied", "no_code")] and payment.state is PaymentState.PENDING
    receipt = db.session.scalars(select(BankReceipt)).one()
    assert [(found.payment.id, found.reasons) for found in proposals_for(receipt)] == [(payment.id, ("amount", "soon"))]
    with transaction():
        services.apply_receipt(receipt.id, payment, decided=decision())
    assert books() == {"bank:collecting": 120_000, "order:escrow": -120_000}
    assert items() == [("unapplied", "no_code", "decided")] and other.state is PaymentState.PENDING


def test_a_card_number_in_a_memo_is_masked_wherever_it_is_kept(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    pay(shop, payment, memo=f"the 4242 4242 4242 4242 {payment.transfer_code}")
    assert payment.state is PaymentState.SETTLED
    kept = [*db.session.scalars(select(BankReceipt.memo)), *db.session.scalars(select(GatewayEvent.body))]
    assert len(kept) == 2 and all("**** **** **** 4242" in text for text in kept)
    assert not any(holds_card_number(text) for text in kept)


@pytest.mark.parametrize("untidy", ["lower", "gaps", "double", "accents", "marks", "hyphens"])
def test_case_13_an_untidy_memo_is_matched(shop: Shop, owner: Taking, untidy: str) -> None:
    payment = make_payment()
    code = str(payment.transfer_code)
    memo = {
        "lower": code.lower(),
        "gaps": " ".join(code),
        "double": f"{code[:3]}  {code[3:6]}  {code[6:]}",
        "accents": f"Trả tiền chè {code}",
        "marks": ".".join(code),
        "hyphens": f"{code[:2]}-{code[2:]}",
    }[untidy]
    pay(shop, payment, memo=memo)
    assert payment.state is PaymentState.SETTLED


@pytest.mark.parametrize(
    "around",
    ["MBVCB.3278907687.050263.{} CK", "CT DEN:425910283711 {} GD 112233", "NGUYEN VAN A chuyen tien {}-FT26325", "{}"],
)
def test_case_14_bank_text_around_the_code_is_passed_over(shop: Shop, owner: Taking, around: str) -> None:
    payment = make_payment()
    pay(shop, payment, memo=around.format(payment.transfer_code))
    assert payment.state is PaymentState.SETTLED


@pytest.mark.parametrize("cut", [9, 25])
def test_case_15_a_memo_that_the_bank_cuts_still_holds_the_code(shop: Shop, owner: Taking, cut: int) -> None:
    payment = make_payment()
    asked = str(payment.transfer_code) + " thanh toan don hang cua hop tac xa"
    pay(shop, payment, memo=asked[:cut])
    assert payment.state is PaymentState.SETTLED


def _slips(code: str) -> Iterator[str]:
    """Every single wrong character (of all letters and digits) and every swapped pair of neighbours."""
    for place in range(len(code)):
        for character in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789":
            if character != code[place]:
                yield code[:place] + character + code[place + 1 :]
    for place in range(len(code) - 1):
        if code[place] != code[place + 1]:
            yield code[:place] + code[place + 1] + code[place] + code[place + 2 :]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(list(Purpose)), st.text("".join(transfer_codes.ALPHABET), min_size=6, max_size=6))
def test_case_16_no_slip_of_one_character_makes_another_code(purpose: Purpose, body: str) -> None:
    """So whatever codes are live at one time, none becomes another by one slip: all slips of a code are no codes."""
    start = transfer_codes.PREFIXES[purpose] + body
    code = start + next(last for last in transfer_codes.ALPHABET if transfer_codes.is_code(start + last))
    for slip in _slips(code):
        assert transfer_codes.codes_in(slip) == [], (code, slip)
        assert transfer_codes.is_near(code, f"CK {slip} xin cam on")


def test_case_16_all_slips_of_live_codes_match_none_of_them(shop: Shop, owner: Taking) -> None:
    live = {str(make_payment().transfer_code) for _ in range(40)}
    assert not {slip for code in live for slip in _slips(code)} & live
    payment = make_payment()
    code = str(payment.transfer_code)
    for slip in (code[:4] + ("2" if code[4] != "2" else "3") + code[5:], next(s for s in reversed(list(_slips(code))))):
        shop.sandbox.pay(qr.payload(payment), memo=f"CK {slip}")
        assert shop.deliver() == [200]
    assert receipts() == [("unapplied", "no_code")] * 2
    for receipt in db.session.scalars(select(BankReceipt)):
        first = proposals_for(receipt)[0]
        assert (first.payment.id, first.reasons) == (payment.id, ("code", "amount", "soon"))
    assert db.session.scalars(select(Payment).where(Payment.received > 0)).all() == []


def test_case_17_two_codes_match_nothing_by_themselves(shop: Shop, owner: Taking) -> None:
    first, second = make_payment(), make_payment(amount=30_000)
    pay(shop, first, amount=150_000, memo=f"{first.transfer_code} va {second.transfer_code}")
    assert receipts() == [("unapplied", "two_codes")] and owner.verbs == []
    assert books() == {"bank:collecting": 150_000, "unapplied": -150_000}


def test_case_19_money_to_another_account_pays_nothing(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    wrong = {"bin": "999999", "account": "1900000009", "amount": 120_000, "memo": payment.transfer_code}
    assert shop.sandbox.bank("POST", "/transfers", wrong).status_code == 201
    assert shop.deliver() == [200]
    db.session.refresh(payment)
    assert payment.state is PaymentState.PENDING and receipts() == [("unapplied", "wrong_account")]
    assert books() == {} and items() == [("unapplied", "wrong_account", "waiting")]


def _reverse(shop: Shop, booking: dict[str, Any]) -> None:
    assert shop.sandbox.bank("POST", f"/transfers/{booking['id']}/reversal").status_code == 201


def test_case_20_a_reversal_by_the_bank_unpays_through_the_ledger(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    booking = pay(shop, payment)
    _reverse(shop, booking)
    shop.fault("bank_notices", "duplicate", copies=3)
    assert set(shop.deliver()) == {200}
    flows.reconcile(older_than=timedelta(0))
    db.session.rollback()
    assert (payment.state, payment.last_error, payment.received) == (PaymentState.FAILED, "reversed_by_bank", 0)
    assert books() == {} and owner.verbs == ["settled", "unpaid"]
    assert receipts() == [("reversed", None)] and ("reversal", "reversal_unpaid", "waiting") in items()
    posted = db.session.scalar(select(GatewayEvent.ignored_reason).where(GatewayEvent.type == "out"))
    assert posted is None
    entry = ledger.find_entry("payment_settled", ref_type="payment", ref_id=payment.public_id)
    assert entry is not None  # nothing was edited: the first posting stands beside its reversal


def test_case_20_money_that_goes_out_never_counts_as_payment(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    pay(shop, payment, memo="khong ma")
    out = {**json.loads(last_notice(shop)), "id": "bn_out", "bank_reference": "FTOUT", "direction": "out"}
    assert notice(shop, json.dumps({**out, "memo": payment.transfer_code}).encode()).status_code == 200
    db.session.refresh(payment)
    assert payment.state is PaymentState.PENDING and books() == {"bank:collecting": 120_000, "unapplied": -120_000}
    assert db.session.scalars(select(GatewayEvent.ignored_reason).order_by(GatewayEvent.id)).all()[-1] == "outgoing"


def test_case_20_a_reversal_of_one_of_two_parts_leaves_the_other_with_a_work_item(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    first = pay(shop, payment, amount=100_000)
    pay(shop, payment)
    _reverse(shop, first)
    assert shop.deliver() == [200]
    assert receipts() == [("reversed", None), ("unapplied", "payment_reversed")]
    assert books() == {"bank:collecting": 20_000, "unapplied": -20_000}
    assert ("unapplied", "payment_reversed", "waiting") in items()


def test_case_20_a_reversal_of_a_part_lets_the_payment_ask_again(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    first = pay(shop, payment, amount=100_000)
    _reverse(shop, first)
    assert shop.deliver() == [200]
    db.session.refresh(payment)
    assert (payment.state, payment.remaining, books()) == (PaymentState.PENDING, 120_000, {})
    pay(shop, payment)
    assert payment.state is PaymentState.SETTLED and owner.verbs == ["settled"]


def test_case_20_a_reversal_of_money_that_was_sent_back_is_left_to_a_person(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    booking = pay(shop, payment, memo="khong ma")
    with transaction():
        services.send_receipt_back(db.session.scalars(select(BankReceipt.id)).one(), None, decided=decision())
    outbox.work_once()
    _reverse(shop, booking)
    assert set(shop.deliver()) == {200}
    assert books() == {} and ("reversal", "reversal_not_booked", "waiting") in items()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1), (0, 2, 1), (1, 0, 2)])
def test_case_21_every_order_of_notices_has_the_same_end(shop: Shop, owner: Taking, order: tuple[int, ...]) -> None:
    payment = make_payment()
    code = qr.payload(payment)
    booked = [shop.sandbox.pay(code, amount=100_000), shop.sandbox.pay(code, amount=20_000)]
    _reverse(shop, booked[0])
    told = shop.sandbox.bank("GET", "/statement", account="1900000001").json()["items"]
    for place in order:
        body = json.dumps({**told[place], "id": told[place]["id"].replace("bk_", "bn_")}).encode()
        assert notice(shop, body).status_code == 200
    db.session.rollback()
    assert ledger.balances(["bank:collecting", "order:escrow"]) == {"bank:collecting": 20_000, "order:escrow": 0}
    held = ledger.balances(["unapplied", "payment:funding"])
    assert sum(held.values()) == -20_000 and payment.state is not PaymentState.SETTLED


def test_case_22_a_lost_notice_is_found_in_the_statement(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    shop.sandbox.pay(qr.payload(payment))
    shop.fault("bank_notices", "drop")
    assert shop.deliver() == [None]
    for _ in range(2):
        flows.reconcile(older_than=timedelta(0))
    db.session.refresh(payment)
    assert payment.state is PaymentState.SETTLED and owner.verbs == ["settled"]
    assert books() == {"bank:collecting": 120_000, "order:escrow": -120_000}


@pytest.mark.parametrize("forgery", ["bad_signature", "old_time", "future_time"])
def test_case_23_a_forged_or_stale_notice_has_no_effect(shop: Shop, owner: Taking, forgery: str) -> None:
    payment = make_payment()
    shop.sandbox.pay(qr.payload(payment))
    shop.fault("bank_notices", forgery, seconds=301)
    assert shop.deliver() == [400]
    db.session.refresh(payment)
    assert payment.state is PaymentState.PENDING and books() == {} and receipts() == []
    assert set(db.session.scalars(select(GatewayEvent.ignored_reason))) == {"bad_signature"}


def test_case_23_a_notice_played_again_later_has_no_effect(shop: Shop, owner: Taking) -> None:
    pay(shop, make_payment())
    assert notice(shop, last_notice(shop), age=301).status_code == 400
    assert notice(shop, last_notice(shop), secret="guessed").status_code == 400
    assert books() == {"bank:collecting": 120_000, "order:escrow": -120_000}


def test_case_24_an_error_of_ours_keeps_nothing_and_the_next_try_has_one_effect(
    shop: Shop, owner: Taking, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = make_payment()
    shop.sandbox.pay(qr.payload(payment))
    settle = owner.on_settled
    monkeypatch.setattr(owner, "on_settled", lambda *_: 1 / 0)
    shop.server.app.config["PROPAGATE_EXCEPTIONS"] = False
    assert shop.deliver() == [500]
    assert books() == {} and receipts() == [] and db.session.scalars(select(GatewayEvent)).all() == []
    monkeypatch.setattr(owner, "on_settled", settle)
    assert shop.deliver() == [200]
    assert owner.verbs == ["settled"] and books() == {"bank:collecting": 120_000, "order:escrow": -120_000}


def test_case_25_a_commit_without_an_answer_is_told_again_and_counts_once(shop: Shop, owner: Taking) -> None:
    """The process dies between commit and answer: to the bank the notice failed, and it sends it again.

    Killed processes: tests/faults.
    """
    pay(shop, make_payment())
    body = last_notice(shop)
    again = notice(shop, body)
    assert (again.status_code, again.json()["new"]) == (200, False) and owner.verbs == ["settled"]


def test_case_30_a_refund_is_a_transfer_of_its_own_and_never_above_what_was_received(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    pay(shop, payment, payer_account="0987654321")
    with transaction():
        refund = services.request_refund(payment, Dong(120_000), reason="vỡ", actor_id=None)
    assert refund.state is RefundState.PENDING
    with pytest.raises(Conflict, match="refund_above_captured"), transaction():
        services.request_refund(payment, Dong(1), reason="nữa", actor_id=None)
    outbox.work_once()
    transfer = db.session.scalars(select(OutgoingTransfer)).one()
    states = [db.session.scalars(select(Refund.state)).one()]
    reference = db.session.scalars(select(Refund.gateway_id)).one()
    assert reference == transfer.bank_reference and transfer.payee_account == "0987654321" and books() == {}
    shop.sandbox.bank("POST", f"/transfers/{reference}/give_back")
    assert set(shop.deliver()) == {200}
    states.append(db.session.scalars(select(Refund.state)).one())
    assert states == [RefundState.SUCCEEDED, RefundState.RETURNED]
    assert books() == {"bank:collecting": 120_000, "order:escrow": -120_000}
    assert items() == [("refund", "refund_came_back", "waiting")]


def test_case_30_a_refund_that_the_bank_refuses_has_failed_with_a_work_item(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    pay(shop, payment)
    shop.sandbox.bank("POST", "/outgoing", {"outcome": "fail"})
    with transaction():
        services.request_refund(payment, Dong(50_000), reason="vỡ", actor_id=None)
    outbox.work_once()
    assert db.session.scalars(select(Refund.state)).one() is RefundState.FAILED
    assert books() == {"bank:collecting": 120_000, "order:escrow": -120_000}
    assert items() == [("refund", "refund_failed", "waiting")]


def test_case_30_without_the_payers_account_a_refund_waits_for_a_person(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    pay(shop, payment, payer_account="")
    with transaction():
        refund = services.request_refund(payment, Dong(50_000), reason="vỡ", actor_id=None)
    outbox.work_once()
    refund = db.session.scalars(select(Refund)).one()
    assert services.is_by_hand(refund) and refund.state is RefundState.PENDING
    with transaction():
        services.pay_refund_to(refund, Payee("999999", "0912345678", "TRAN THI B"))
    outbox.work_once()
    assert db.session.scalars(select(Refund.state)).one() is RefundState.SUCCEEDED
    assert books() == {"bank:collecting": 70_000, "order:escrow": -70_000}


def test_case_31_a_refund_after_the_payout_is_not_held_up_by_the_books(shop: Shop, owner: Taking) -> None:
    """As payments see it: what a producer was paid out of what they earned is asked by checkout, never here."""
    payment = make_payment()
    pay(shop, payment)
    with transaction():
        services.request_refund(payment, Dong(120_000), reason="hỏng", actor_id=None)
    outbox.work_once()
    assert owner.verbs == ["settled", "refunded"] and books() == {}


@pytest.mark.parametrize(("amount", "is_taken"), [(499_999_999, True), (500_000_000, False), (999_999_999, False)])
def test_case_32_half_a_billion_is_refused_before_a_code_is_made(shop: Shop, amount: int, is_taken: bool) -> None:
    if is_taken:
        assert "5409499999999" in qr.payload(make_payment(amount=amount))
        return
    with pytest.raises(Invalid, match="transfer_amount_too_high"):
        make_payment(amount=amount)
    db.session.rollback()
    assert db.session.scalars(select(Payment)).all() == []


def test_case_34_each_line_of_the_statement_has_its_place_in_the_books(shop: Shop, owner: Taking) -> None:
    """As payments see it: matched, unapplied, reversed, sent out. The day's report: tests/settlement."""
    payment = make_payment()
    reversed_booking = pay(shop, payment)
    other = make_payment()
    pay(shop, other, amount=125_000)
    _reverse(shop, reversed_booking)
    with transaction():
        services.request_refund(other, Dong(50_000), reason="vỡ", actor_id=None)
    shop.deliver()
    outbox.work_once()
    shop.deliver()
    lines = shop.sandbox.bank("GET", "/statement", account="1900000001").json()["items"]
    total = sum(line["amount"] if line["direction"] == "in" else -line["amount"] for line in lines)
    assert total == ledger.balance("bank:collecting") == 75_000
    assert books() == {"bank:collecting": 75_000, "unapplied": -5_000, "order:escrow": -70_000}
