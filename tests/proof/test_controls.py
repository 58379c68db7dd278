"""Negative controls: with any one guard off, a few programs (always the same) find what comes of it.

A guard that has another one behind it, such as a UNIQUE of the schema, is found by that one's refusal.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, true, update
from sqlalchemy.exc import DBAPIError

from marketplace.checkout import services as checkout
from marketplace.core.db import db
from marketplace.core.errors import DomainError
from marketplace.inventory import services as inventory
from marketplace.inventory.models import Lot
from marketplace.ledger import services as ledger
from marketplace.orders import queries as orders
from marketplace.payments import services as payments
from marketplace.payments.models import Payment
from marketplace.payments.services import receipts, refunds
from marketplace.settlement.queries import payouts
from marketplace.stalls import queries as stalls
from marketplace.storefront import sellable
from tests.proof.running import run, with_rules
from tests.proof.staging import Stage

#: So many programs of so many steps have to be enough.
FEW = 24
STEPS = 15
Off = Callable[[pytest.MonkeyPatch], None]


def _news_is_new_each_time(patch: pytest.MonkeyPatch) -> None:
    """Neither the id of an event nor the bank's reference of a movement is remembered."""
    store_event, store = payments.store_event, receipts._store
    serial = iter(range(10**6))

    def store_receipt(movement: Any) -> Any:
        return store(replace(movement, bank_reference=f"{movement.bank_reference}-{next(serial)}"))

    patch.setattr(payments, "store_event", lambda *given, **named: replace(store_event(*given, **named), is_new=True))
    patch.setattr(receipts, "_store", store_receipt)


def _keys_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(orders, "find_by_key", lambda _key: None)


def _stock_is_taken_as_it_was_seen(patch: pytest.MonkeyPatch) -> None:
    """What is free was seen long ago, and the UPDATE does not look again."""

    def promise(lot_id: int, part: int, _now: object) -> bool:
        db.session.execute(update(Lot).where(Lot.id == lot_id).values(reserved=Lot.reserved + part))
        return True

    def shelf(packs: Any, _now: object) -> dict[int, list[tuple[int, int]]]:
        lots = db.session.execute(select(Lot.pack_id, Lot.id).where(Lot.pack_id.in_(packs)))
        return {pack_id: [(lot_id, 99)] for pack_id, lot_id in lots}

    patch.setattr(sellable, "available", lambda packs, **_named: dict.fromkeys(packs, 99))
    patch.setattr(inventory, "_shelf", shelf)
    patch.setattr(inventory, "_promise", promise)


def _refunds_have_no_cap(patch: pytest.MonkeyPatch) -> None:
    def take(payment: Payment, amount: int) -> bool:
        payment.refunded += amount
        db.session.flush()
        return True

    patch.setattr(refunds, "_take", take)
    patch.setattr(checkout.GiveBack, "portions", lambda asked, _choices: dict(asked.amounts))


def _facts_are_posted_twice(patch: pytest.MonkeyPatch) -> None:
    post = ledger.post

    def twice(kind: str, *, ref_id: str, **named: Any) -> Any:
        first = post(kind, ref_id=ref_id, **named)
        if kind in ("receipt_received", "payment_settled"):
            post(kind, ref_id=f"{ref_id}-again", **named)
        return first

    patch.setattr(ledger, "post", twice)


def _sales_are_taken_each_time(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stalls, "find_sale", lambda _stall_id, _client_id: None)


def _earnings_are_due_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(payouts, "is_unpaid", true)


def _producers_keep_what_is_refunded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(checkout, "take_back_shares", lambda _refund, _occurred_at: None)


#: What is turned off, the rules that come upon it, and how it is found: by a promise of the audit, by the model, by
#: the books of gateway and bank, or by the schema.
CONTROLS = [
    (
        _news_is_new_each_time,
        ["place", "transfer", "deliver", "deliver_again"],
        "the bank holds something else|booked again|broken promises",
    ),
    (_keys_are_forgotten, ["place", "place_again"], "cart_not_ready"),
    (_stock_is_taken_as_it_was_seen, ["place"], "ck_lot_quantity"),
    (_refunds_have_no_cap, ["refund"], "broken promises|more is given back"),
    (_facts_are_posted_twice, ["place"], "I29"),
    (_sales_are_taken_each_time, ["sell", "sell_again"], "stall_sale"),
    (_earnings_are_due_for_ever, ["request_payout", "decide_payout", "time_passes"], "payout_line"),
    (_producers_keep_what_is_refunded, ["refund", "time_passes"], "I10"),
]


@pytest.mark.timeout(0)
@pytest.mark.parametrize(
    ("turn_off", "rules", "words"), CONTROLS, ids=[turn_off.__name__[1:] for turn_off, *_ in CONTROLS]
)
def test_programs_find_a_guard_that_is_off(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, turn_off: Off, rules: list[str], words: str
) -> None:
    stage.set_up()
    turn_off(monkeypatch)
    with pytest.raises((AssertionError, DomainError, DBAPIError), match=words):
        run(FEW, machine=with_rules(*rules), steps=STEPS, only_find=True)
