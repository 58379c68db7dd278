"""What the gateway must be told after a commit: refunds and cancellations. Safe to run again: each has its own key."""

import logging
from datetime import datetime

from marketplace.core import clock
from marketplace.core.db import db, retrying, transaction
from marketplace.payments import queries, services, settings
from marketplace.payments.errors import Declined, GatewayRefused, GatewayUnknown
from marketplace.payments.flows.hearing import settle_from_gateway
from marketplace.payments.flows.searching import NEVER_ARRIVED_AFTER, find_intent
from marketplace.payments.gateway import GatewayRefund
from marketplace.payments.models import PaymentState, RefundState

log = logging.getLogger(__name__)


def send_refund(refund_id: int) -> RefundState:
    """Send a pending card refund to the gateway and keep its answer; what the bank carries, and what is not pending,
    is left as it is.

    A refund that was sent before is found again by its reference, so it is never sent twice, however old its key.
    Raises ``GatewayUnknown`` when there is no usable answer: try again later.
    """
    refund = queries.get_refund(refund_id)
    payment = refund.payment
    if not services.is_for_gateway(refund):
        return refund.state
    intent_id, amount = str(payment.gateway_id), refund.amount
    reference, key = refund.public_id, refund.idempotency_key
    db.session.rollback()
    client = settings.current().gateway
    try:
        known = [found for found in client.refunds_of(intent_id) if found.reference == reference]
        found = known[0] if known else client.refund(intent_id, amount, reference=reference, idempotency_key=key)
    except (Declined, GatewayRefused) as error:
        log.error("gateway refused refund %s: %s", reference, error.gateway_code)
        _fail(refund_id, error.gateway_code)
    else:
        _keep(found)
    return _state(refund_id)


def cancel_intent(payment_id: int) -> None:
    """Cancel the intent of a closed payment at the gateway. When it was paid meanwhile, that becomes true here.

    An intent whose id was never answered is searched by its reference, so that money taken without our knowledge goes
    the way of late money. Raises ``GatewayUnknown`` when there is no usable answer, or no intent yet: try again later.
    """
    payment = queries.get_payment(payment_id)
    if payment.state not in (PaymentState.CANCELLED, PaymentState.FAILED):
        return
    intent_id, key = payment.gateway_id, f"cancel-{payment.idempotency_key}"
    reference, opened = payment.public_id, payment.created_at
    db.session.rollback()
    intent_id = intent_id or _search(reference, opened)
    if intent_id is None:
        return
    client = settings.current().gateway
    try:
        intent = client.cancel_intent(intent_id, idempotency_key=key)
    except GatewayRefused:
        intent = client.retrieve_intent(intent_id)
    settle_from_gateway(intent, occurred_at=clock.now())


def _search(reference: str, opened: datetime) -> str | None:
    """The id of an intent that we do not know of; None when it is too late for one to appear."""
    found = find_intent(reference, opened)
    if found is None and clock.now() - opened <= NEVER_ARRIVED_AFTER:
        raise GatewayUnknown("not there yet")
    return found.id if found else None


def _keep(found: GatewayRefund) -> None:
    def write() -> None:
        with transaction():
            services.apply_refund(found, occurred_at=clock.now())

    retrying(write)


def _fail(refund_id: int, code: str) -> None:
    def write() -> None:
        with transaction():
            services.refuse_refund(queries.get_refund(refund_id), code=code, occurred_at=clock.now())

    retrying(write)


def _state(refund_id: int) -> RefundState:
    refund = queries.get_refund(refund_id)
    db.session.refresh(refund)
    return refund.state
