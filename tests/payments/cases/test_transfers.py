"""Cases 1 to 17: transfers that are exact, short, over, late, or have an odd memo."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.cardnumbers import holds_card_number, mask_card_numbers
from marketplace.core.db import db, transaction
from marketplace.payments import qr, services, transfer_codes
from marketplace.payments.models import (
    BankReceipt,
    GatewayEvent,
    Payment,
    PaymentState,
    Purpose,
)
from marketplace.settlement.queries.proposals import proposals_for
from tests.payments.cases.steps import Taking, at, books, items, last_notice, notice, pay, receipts
from tests.payments.conftest import decision, make_payment
from tests.payments.shop import Shop


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


def test_case_02_the_same_notice_written_anew_is_the_same_notice(shop: Shop, owner: Taking) -> None:
    pay(shop, make_payment())
    told = json.loads(last_notice(shop))
    anew = json.dumps(dict(reversed(told.items())), indent=1).encode()
    assert [(answer.status_code, answer.json()["new"]) for answer in (notice(shop, anew),)] == [(200, False)]
    assert set(db.session.scalars(select(GatewayEvent.ignored_reason))) == {None} and owner.verbs == ["settled"]


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


def test_a_code_that_looks_like_a_card_number_together_with_what_follows_still_pays(shop: Shop, owner: Taking) -> None:
    code = next(
        code
        for code in (transfer_codes.new_code(Purpose.ORDER) for _ in range(5_000))
        if code[-2] > "9" and code[-1] == "4"
    )
    rest = next(f"{tail:012d}" for tail in range(100, 10_000) if holds_card_number(f"{code} {tail:012d}"))
    assert code not in mask_card_numbers(f"{code} {rest}")  # control: masked as it stands, the code is gone
    payment = make_payment(code=code)
    pay(shop, payment, memo=f"{code} {rest}")
    kept = db.session.scalars(select(BankReceipt.memo)).one()
    assert payment.state is PaymentState.SETTLED and not holds_card_number(kept) and rest[:8] not in kept


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
