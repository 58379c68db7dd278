"""How long the audit takes on a large shop, promise by promise."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask_migrate import upgrade

from config import Testing
from marketplace.app import create_app
from marketplace.core.db import db
from marketplace.ledger import audit_checks
from tests.proof import filling


def measure(orders: int, url: str) -> int:
    """Fill a shop of so many orders (``url``: an empty PostgreSQL database; else an embedded one) and time its audit.

    The slowest promises first; the exit code is the number of broken ones, which should be none.
    """
    with shop(url):
        _say("filling", lambda: filling.fill(orders))
        times = []
        broken = 0
        begun = time.perf_counter()
        audit_checks.run_side_by_side()
        print(f"audit of {orders} orders as the command runs it: {time.perf_counter() - begun:.2f} s")
        begun = time.perf_counter()
        for check in audit_checks.checks():
            since = time.perf_counter()
            offenders = audit_checks.find_offenders(check)
            times.append((time.perf_counter() - since, check.name))
            broken += bool(offenders)
            if offenders:
                print(f"BROKEN {check.name}: {offenders[:3]}")
        print(f"one promise after the other: {time.perf_counter() - begun:.2f} s")
        for seconds, name in sorted(times, reverse=True)[:12]:
            print(f"  {name:5}{seconds:7.3f} s")
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()
    return broken


@contextmanager
def shop(url: str) -> Iterator[None]:
    """An application context over a migrated, empty database."""
    with tempfile.TemporaryDirectory(prefix="marketplace-proof-") as folder:
        app = create_app(Testing({"INSTANCE_PATH": folder, **({"DATABASE_URL": url} if url else {})}))
        with app.app_context():
            upgrade()
            yield


def _say(what: str, work: object) -> None:
    since = time.perf_counter()
    work()
    print(f"{what}: {time.perf_counter() - since:.1f} s", flush=True)
