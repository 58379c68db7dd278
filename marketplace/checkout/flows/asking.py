"""Asking the gateway how a card payment stands, because its buyer is here and waits."""

import logging

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.payments import settings
from marketplace.payments.errors import GatewayRefused, GatewayUnknown
from marketplace.payments.flows import settle_from_gateway
from marketplace.payments.models import Payment, Rail

log = logging.getLogger(__name__)


def ask_gateway(payment: Payment) -> str | None:
    """Make true here what the gateway says of a payment; the address where its buyer must confirm it, or None.

    Does nothing for other rails and for payments that the gateway has not answered for. A gateway that does not
    answer now changes nothing: webhook and reconciler will tell.
    """
    gateway_id, reference = payment.gateway_id, payment.public_id
    if payment.rail is not Rail.CARD or gateway_id is None:
        return None
    db.session.rollback()  # nothing stays open while the gateway thinks
    try:
        intent = settings.current().gateway.retrieve_intent(gateway_id)
    except (GatewayUnknown, GatewayRefused) as error:
        log.warning("no answer about payment %s: %s", reference, error.code)
        return None
    settle_from_gateway(intent, occurred_at=clock.now())
    return intent.redirect_url if intent.status == "requires_action" else None
