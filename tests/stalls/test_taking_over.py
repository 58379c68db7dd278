"""Migration 0048: stalls that took QR payments before go on, with accounts that are marked as taken over."""

from datetime import timedelta

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import update

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.ledger import audit_checks
from marketplace.producers.models import PayoutAccountState
from marketplace.stalls import queries, services
from marketplace.stalls.models import Means, Stall
from tests.factories.accounts import UserFactory
from tests.factories.stalls import make_stall, sell


def test_running_shops_go_on_and_nobody_is_named_as_who_verified_them(context: Flask) -> None:
    stall_id, bare = make_stall(bank_account="0911000111"), make_stall(bank_bin=None, bank_account=None)
    with transaction():
        services.reserve_codes(stall_id, "phone", actor_id=UserFactory().id)
    sell(stall_id, 45_000, Means.QR)
    with transaction():  # as stalls changed their account before
        db.session.execute(update(Stall).where(Stall.id == stall_id).values(bank_account="0922000222"))
    sell(stall_id, 45_000, Means.QR)
    db.session.remove()
    downgrade(revision="0047_shelf_writers")
    upgrade()
    found = [(each.account_number, each.state, each.is_taken_over) for each in queries.list_stall_accounts(stall_id)]
    assert found == [
        ("0922000222", PayoutAccountState.VERIFIED, True),
        ("0911000111", PayoutAccountState.REPLACED, True),
    ]
    assert all(each.decided_by is None and each.changed_by is None for each in queries.list_stall_accounts(stall_id))
    newest = queries.newest_accounts([stall_id])[stall_id]
    assert abs(newest.changed_at - clock.now()) < timedelta(minutes=1)
    assert queries.list_stall_accounts(bare) == []
    assert queries.why_no_code(queries.get_stall(stall_id)) is None
    assert audit_checks.run() == []
