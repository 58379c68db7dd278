"""A code kept for a sale without network: the bank's notice and the phone's sale at the same moment (case 26).

Whoever is first holds the code's row until it has committed, so that the other one finds what it wrote.
"""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.core import clock
from marketplace.core.db import db, retrying, transaction
from marketplace.core.money import Dong
from marketplace.ledger import audit_checks
from marketplace.payments import services as payments
from marketplace.payments.models import BankReceipt
from marketplace.payments.movements import Movement
from marketplace.payments.services import receipts
from marketplace.stalls import services
from marketplace.stalls.models import Means, Sale, SaleState
from marketplace.stalls.services import StallSales, codes
from tests.factories.accounts import UserFactory
from tests.factories.stalls import make_stall
from tests.racing import PROCESSES, Racers

ROUNDS = 8
AMOUNT = Dong(45_000)
#: How long a notice that found nothing takes to be written down: the phone gets its chance in between.
SLOWLY = 0.05

pytestmark = pytest.mark.race


@dataclass(frozen=True)
class Shown:
    """A code that a phone has shown, for one sale."""

    code: str
    bank_bin: str
    account: str
    client_id: str


def notice_or_sale(stall_id: int, shown: Shown, number: int) -> None:
    """Half of them tell the same transfer, half send the same sale; the notice takes its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(receipts, "_close", _slowly)
        retrying(partial(_tell, shown) if number % 2 else partial(_send, stall_id, shown))


def unguarded(stall_id: int, shown: Shown, number: int) -> None:
    """The control: the notice does not ask whether a phone may be sending a sale of this code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StallSales, "hold_reserved", lambda _handler, _codes: False)
        notice_or_sale(stall_id, shown, number)


_close = receipts._close


def _slowly(receipt: BankReceipt, reason: str | None, **values: Any) -> None:
    if reason == receipts.UNKNOWN_CODE:
        time.sleep(SLOWLY)  # between the look for the payment and the commit: the moment that the lock is for
    _close(receipt, reason, **values)


def _tell(shown: Shown) -> None:
    told = Movement(
        id=f"bn_{shown.code}",
        bank_reference=f"FT{shown.code}",
        bin=shown.bank_bin,
        account=shown.account,
        direction="in",
        amount=AMOUNT,
        currency="VND",
        memo=shown.code,
        transacted_at=clock.now(),
        payer_name="NGUYEN VAN A",
        payer_account="0123456789",
    )
    with transaction():
        payments.record_receipt(told)


def _send(stall_id: int, shown: Shown) -> None:
    with transaction():
        services.take_sale(
            stall_id,
            client_id=shown.client_id,
            amount=AMOUNT,
            means=Means.QR,
            vendor_id=None,
            taken_offline=True,
            code=shown.code,
        )


def _shown(stall_id: int, rounds: int) -> Sequence[Shown]:
    with transaction():
        held = codes.reserve_codes(stall_id, str(uuid.uuid4()), actor_id=UserFactory().id)
        return [Shown(code.code, code.bank_bin, code.bank_account, str(uuid.uuid4())) for code in held[:rounds]]


def _outcome() -> tuple[int, int]:
    """How many sales were paid, and how many transfers wait for a person."""
    db.session.rollback()
    paid = select(func.count()).select_from(Sale).where(Sale.state == SaleState.PAID)
    unapplied = select(func.count()).select_from(BankReceipt).where(BankReceipt.state == "unapplied")
    return db.session.scalar(paid) or 0, db.session.scalar(unapplied) or 0


def test_the_transfer_pays_its_sale_whoever_is_quicker(context: Flask, racers: Racers) -> None:
    stall_id = make_stall()
    answers = racers.race(partial(notice_or_sale, stall_id), _shown(stall_id, ROUNDS))
    assert answers == [[None] * PROCESSES] * ROUNDS
    assert _outcome() == (ROUNDS, 0)
    assert audit_checks.run() == []


def test_without_the_lock_notice_and_phone_miss_each_other(context: Flask, racers: Racers) -> None:
    """On SQLite, which lets one writer in at a time, the guard has nothing to do: there the control finds nothing."""
    stall_id = make_stall()
    racers.race(partial(unguarded, stall_id), _shown(stall_id, ROUNDS))
    paid, unapplied = _outcome()
    assert paid + unapplied == ROUNDS
    assert (unapplied > 0) == (db.engine.dialect.name == "postgresql")
