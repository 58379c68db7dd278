"""Ask the gateway for the money of a payment that was committed before (T1): call (G), then keep its answer (T2)."""

import logging
from dataclasses import dataclass

from marketplace.core import clock
from marketplace.core.db import db, retrying, transaction
from marketplace.payments import queries, services, settings
from marketplace.payments.errors import Declined, GatewayRefused, GatewayUnknown
from marketplace.payments.flows.hearing import settle_from_gateway
from marketplace.payments.models import Payment, PaymentState, Rail

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Started:
    """Where a payment stands after asking; ``redirect_url`` is where the buyer must confirm (3-D Secure)."""

    state: PaymentState
    redirect_url: str | None = None
    error: str | None = None


def start(payment: Payment, *, payment_method: str = "", return_url: str = "") -> Started:
    """Ask for the money. Cards: create and confirm an intent with the payment's own key. Other rails: nothing to do.

    Never raises for the gateway's answers: a declined card makes the payment *failed* (``error`` is the issuer's
    code), no usable answer leaves it as it is for the reconciler, success settles it at once by the function that
    the webhook uses, too. Must be called outside a transaction.
    """
    if payment.rail is not Rail.CARD or payment.state is not PaymentState.CREATED:
        return _now(payment.id, None)
    payment_id, amount = payment.id, payment.amount
    reference, key = payment.public_id, payment.idempotency_key
    db.session.rollback()  # nothing stays open while the gateway thinks
    try:
        intent = settings.current().gateway.pay(
            amount, payment_method=payment_method, reference=reference, idempotency_key=key, return_url=return_url
        )
    except Declined as error:
        _fail(payment_id, error.decline_code or error.gateway_code, intent_id=error.intent_id)
        return _now(payment_id, None)
    except GatewayRefused as error:
        log.error("gateway refused payment %s: %s", reference, error.gateway_code)
        if error.gateway_code != "idempotency_error":  # then an earlier try with this key may have worked
            _fail(payment_id, error.gateway_code)
        return _now(payment_id, None)
    except GatewayUnknown as error:
        log.warning("gateway gave no answer for payment %s: %s", reference, error.why)
        return _now(payment_id, None)
    settle_from_gateway(intent, occurred_at=clock.now())
    return _now(payment_id, intent.redirect_url)


def _fail(payment_id: int, code: str, *, intent_id: str | None = None) -> None:
    def write() -> None:
        with transaction():
            payment = queries.get_payment(payment_id)
            if intent_id and payment.gateway_id is None:
                payment.gateway_id = intent_id
                db.session.flush()
            services.fail(payment, code=code)

    retrying(write)


def _now(payment_id: int, redirect_url: str | None) -> Started:
    payment = queries.get_payment(payment_id)
    db.session.refresh(payment)
    waits = payment.state is PaymentState.PENDING
    return Started(payment.state, redirect_url if waits else None, payment.last_error)
