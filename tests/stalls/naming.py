"""Accounts of stalls named, verified and refused by people of a test."""

from datetime import UTC, datetime
from typing import Any

from marketplace.core.db import db, transaction
from marketplace.stalls import queries, services
from marketplace.stalls.models import Means, StallAccount
from marketplace.stalls.services import BankAccount
from tests.factories.accounts import UserFactory
from tests.factories.stalls import make_stall, sell

MORNING = datetime(2026, 11, 21, 0, 10, tzinfo=UTC)
OLD, NEW = "0911000111", "0922000222"


def person() -> int:
    with transaction():
        return int(UserFactory().id)


def bare_stall(**values: Any) -> int:
    return make_stall(bank_bin=None, bank_account=None, bank_holder=None, qr_since=None, **values)


def name(stall_id: int, actor_id: int, number: str = NEW, *, by_trader: bool = True) -> StallAccount:
    with transaction():
        named = BankAccount("999999", number, "Nguyễn Thị Ba")
        return services.name_account(stall_id, named, actor_id=actor_id, by_trader=by_trader)


def verify(account: StallAccount, actor_id: int, number: str = NEW) -> StallAccount:
    with transaction():
        return services.verify_account(account.id, actor_id=actor_id, number=number)


def refuse(account: StallAccount, actor_id: int, reason: str = "Tên khác với căn cước") -> StallAccount:
    with transaction():
        return services.refuse_account(account.id, actor_id=actor_id, reason=reason)


def in_force(stall_id: int) -> str | None:
    db.session.expire_all()
    return queries.get_stall(stall_id).bank_account


def payee_of(stall_id: int) -> str | None:
    payment = sell(stall_id, 1_000, Means.QR).payment
    assert payment is not None
    return payment.payee_account


# -- what a trader may do before and after ---------------------------------------------------------------------------
