"""What happens by itself when its time has come."""

from collections.abc import Callable

import sqlalchemy as sa

from marketplace.core import clock
from marketplace.sandbox.settings import Settings
from marketplace.sandbox.store import Store, timers

from . import checkout, debits, disputes, intents, oldcharges, payouts, refunds
from .objects import Call, call_for, find, lookup


def _release(call: Call, ref: str) -> None:
    intent = find(call.db, "payment_intent", ref)
    if intent and intent["status"] == "requires_capture":
        intents.end(call, intent, "automatic")


def _debit(call: Call, ref: str) -> None:
    debits.answer_late(call, ref)
    checkout.hear(call, ref)


_ACTIONS: dict[str, Callable[[Call, str], None]] = {
    "release": _release,
    "release_charge": oldcharges.release_late,
    "refund_succeeds": refunds.succeed_late,
    "refund_fails": refunds.fail_late,
    "debit": _debit,
    "dispute": disputes.open_dispute,
    "dispute_decided": disputes.decide_late,
    "payout": payouts.arrive,
    "session_expires": checkout.expire_late,
}


def run_due(store: Store, settings: Settings, *, ahead: float = 0.0) -> int:
    """Do everything due by now (or within ``ahead`` seconds); returns how many things happened."""
    with store.write() as db:
        limit = clock.now().timestamp() + ahead
        due = db.execute(sa.select(timers).where(timers.c.due_at <= limit).order_by(timers.c.due_at)).all()
        for timer in due:
            _ACTIONS[timer.action](call_for(db, settings, lookup(db, timer.subject)), timer.subject)
            db.execute(sa.delete(timers).where(timers.c.id == timer.id))
    return len(due)


def is_due(store: Store) -> bool:
    """True when ``run_due`` would find something; a cheap look that takes no write lock."""
    with store.read() as db:
        query = sa.select(timers.c.id).where(timers.c.due_at <= clock.now().timestamp()).limit(1)
        return db.execute(query).first() is not None
