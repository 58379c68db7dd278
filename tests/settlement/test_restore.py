"""After an older backup was restored, every payment since then is found again at gateway and bank (F38)."""

import shutil
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text

from marketplace.core.db import db
from marketplace.ledger import audit_checks
from marketplace.payments import flows, qr
from marketplace.payments.models import Payment, PaymentState, Rail
from marketplace.settlement.flows.differences import reconcile
from marketplace.settlement.models import GATEWAY, DifferenceKind, DifferenceState, StatementDifference
from marketplace.settlement.queries.statement_days import statement_day
from tests.payments.conftest import make_payment
from tests.payments.shop import OURS, Shop
from tests.settlement.reconcile.steps import TODAY


class Backup:
    """A copy of the whole database: a file on SQLite, a template database on PostgreSQL."""

    def __init__(self, folder: Path) -> None:
        self.url, self.file = db.engine.url, folder / "backup.db"
        if self.url.drivername.startswith("postgresql"):
            self._copy(str(self.url.database), f"{self.url.database}_backup")
        else:
            with db.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql(f"VACUUM INTO '{self.file}'")

    def restore(self) -> None:
        """Put the copy in the place of what stands there now."""
        db.session.remove()
        db.engine.dispose()
        if self.url.drivername.startswith("postgresql"):
            self._copy(f"{self.url.database}_backup", str(self.url.database))
            return
        path = Path(str(self.url.database))
        for ending in ("", "-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        shutil.copyfile(self.file, path)

    def _copy(self, source: str, target: str) -> None:
        db.session.remove()
        db.engine.dispose()
        engine = create_engine(self.url.set(database="template1"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)'))
            connection.execute(text(f'CREATE DATABASE "{target}" TEMPLATE "{source}"'))
        engine.dispose()


def pay(shop: Shop, payment: Payment) -> None:
    if payment.rail is Rail.CARD:
        flows.start(payment, payment_method="pm_card_visa")
    else:
        shop.sandbox.pay(qr.payload(payment))


def listed() -> Counter[tuple[DifferenceKind, DifferenceState]]:
    db.session.rollback()
    return Counter((row.kind, row.state) for row in db.session.scalars(select(StatementDifference)))


@pytest.mark.timeout(240)
def test_every_payment_since_the_backup_is_found_and_listed(shop: Shop, context: Flask, tmp_path: Path) -> None:
    known = [make_payment(rail) for rail in (Rail.CARD, Rail.VIETQR) for _ in range(5)]
    names = [payment.public_id for payment in known]
    backup = Backup(tmp_path)
    for payment in known:
        pay(shop, payment)
    lost = [make_payment(rail, 70_000) for rail in (Rail.CARD, Rail.VIETQR) for _ in range(5)]
    references = {payment.public_id for payment in lost if payment.rail is Rail.CARD}
    for payment in lost:
        pay(shop, payment)
    shop.deliver()
    backup.restore()
    assert db.session.scalars(select(Payment.public_id).where(Payment.state == PaymentState.SETTLED)).all() == []
    db.session.rollback()

    reconcile()
    found = listed()
    assert found == {
        (DifferenceKind.STATE, DifferenceState.REPAIRED): 5,
        (DifferenceKind.MISSING_NOTICE, DifferenceState.REPAIRED): 5,
        (DifferenceKind.MISSING_HERE, DifferenceState.OPEN): 5,
        (DifferenceKind.UNAPPLIED, DifferenceState.OPEN): 5,
    }
    settled = db.session.scalars(select(Payment.public_id).where(Payment.state == PaymentState.SETTLED)).all()
    assert sorted(settled) == sorted(names)
    missing = select(StatementDifference).where(StatementDifference.kind == DifferenceKind.MISSING_HERE)
    rows = db.session.scalars(missing).all()
    assert {row.about.removeprefix("metadata.payment: ") for row in rows} == references
    assert {(row.theirs, row.their_state) for row in rows} == {(70_000, "succeeded")}
    for account in (OURS.account, GATEWAY):
        day = statement_day(account, TODAY)
        assert day.adds_up and day.statement.came_in == 950_000
    db.session.rollback()

    reconcile()
    assert listed() == found
    assert audit_checks.run() == []
