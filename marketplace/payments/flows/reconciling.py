"""Finish what hangs: ask gateway and bank about everything whose news did not come, by the functions the news uses."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import update

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.payments import queries, services, settings
from marketplace.payments.errors import BankRefused, BankUnknown, GatewayRefused, GatewayUnknown
from marketplace.payments.flows.hearing import apply_movement, settle_from_gateway
from marketplace.payments.flows.refunding import send_refund
from marketplace.payments.flows.searching import NEVER_ARRIVED_AFTER, find_intent
from marketplace.payments.flows.transferring import send_transfer
from marketplace.payments.models import Payment, PaymentState
from marketplace.payments.settings import Payee

log = logging.getLogger(__name__)

#: How far back a statement is read again: notices are repeated for hours, and days end on weekends.
STATEMENT_WINDOW = timedelta(hours=48)


@dataclass
class Reconciled:
    """How many payments, refunds, transfers and lines were looked at, how many questions got no answer, and how many
    rows could not be dealt with (``troubled``: the log says why; the others went on).
    """

    payments: int = 0
    refunds: int = 0
    transfers: int = 0
    lines: int = 0
    unanswered: int = 0
    troubled: int = 0


def reconcile(*, older_than: timedelta = timedelta(seconds=60)) -> Reconciled:
    """Ask about every card payment, refund and transfer open for longer than ``older_than``, and read statements.

    Safe to run twice at once and as often as one likes: each answer goes through the same once-only functions. A row
    that cannot be dealt with is left for the next round and stops nobody behind it.
    """
    done = Reconciled()
    before = clock.now() - older_than
    for payment_id in queries.waiting_card_payments(before):
        done.payments += 1
        if not _dealt_with(partial(_ask_about, payment_id), done, f"payment {payment_id}"):
            _mark_checked(payment_id)
    for refund_id in queries.waiting_card_refunds(before):
        done.refunds += 1
        _dealt_with(partial(send_refund, refund_id), done, f"refund {refund_id}")
    for public_id in queries.waiting_transfers(before):
        done.transfers += 1
        _dealt_with(partial(send_transfer, public_id), done, f"transfer {public_id}")
    _read_statements(done)
    return done


def _dealt_with(work: Callable[[], object], done: Reconciled, about: str) -> bool:
    """Deal with one row; False when that failed by itself, while no answer only means to ask again."""
    try:
        work()
    except (GatewayUnknown, GatewayRefused, BankUnknown, BankRefused) as error:
        log.warning("no answer about %s: %s", about, error.code)
        done.unanswered += 1
    except Exception:  # one row in trouble must not stop the others
        db.session.rollback()
        log.exception("trouble with %s", about)
        done.troubled += 1
        return False
    return True


def _mark_checked(payment_id: int) -> None:
    """Let a payment that makes trouble wait behind those that were not asked about for longer."""
    with transaction():
        db.session.execute(update(Payment).where(Payment.id == payment_id).values(checked_at=clock.now()))


def _ask_about(payment_id: int) -> None:
    payment = queries.get_payment(payment_id)
    gateway_id, reference, opened = payment.gateway_id, payment.public_id, payment.created_at
    db.session.rollback()
    intent = settings.current().gateway.retrieve_intent(gateway_id) if gateway_id else find_intent(reference, opened)
    now = clock.now()
    if intent is not None:
        settle_from_gateway(intent, occurred_at=now)
    with transaction():
        payment = queries.get_payment(payment_id)
        payment.checked_at = now
        db.session.flush()
        if intent is None and payment.state is PaymentState.CREATED and now - opened > NEVER_ARRIVED_AFTER:
            services.give_up(payment)


def _read_statements(done: Reconciled) -> None:
    now = clock.now()
    for account in _accounts(now):
        try:
            for movement in settings.current().bank.movements(
                account, begin=now - STATEMENT_WINDOW, end=now + timedelta(minutes=5)
            ):
                done.lines += 1
                _dealt_with(partial(apply_movement, movement), done, f"statement line {movement.bank_reference}")
        except BankUnknown as error:
            log.warning("no statement: %s", error.facts["why"])
            done.unanswered += 1


def _accounts(now: datetime) -> list[str]:
    """Our own account, and those of traders who wait for a transfer."""
    ours: Payee = settings.current().collecting
    accounts = {ours.account, *queries.accounts_waited_for(now - STATEMENT_WINDOW)}
    db.session.rollback()
    return sorted(accounts)
