"""Doors for the gateway and the bank: prove who it is over the raw bytes, hand on, answer 2xx after the commit."""

import logging

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from marketplace.core import clock
from marketplace.payments import flows, settings, signatures
from marketplace.payments.flows import Heard
from marketplace.payments.flows.hearing import Unreadable
from marketplace.payments.models import EventSource
from marketplace.web.access import MACHINE, allow

log = logging.getLogger(__name__)
blueprint = Blueprint("payment_webhooks", __name__, url_prefix="/webhooks")

_LONGEST_BODY = 512 * 1024


@blueprint.post("/stripe")
@allow(MACHINE)
def stripe() -> ResponseReturnValue:
    """Events of the gateway, at least once and in any order."""
    body = _raw_body()
    header = request.headers.get("Stripe-Signature", "")
    try:
        signatures.check_stripe(header, body, secrets=settings.current().webhook_secrets, now=clock.now())
        return _answer(flows.hear_gateway(body))
    except (signatures.BadSignature, Unreadable) as problem:
        return _refuse(EventSource.STRIPE, problem)


@blueprint.post("/bank")
@allow(MACHINE)
def bank() -> ResponseReturnValue:
    """Notices of the bank, at least once and in any order."""
    body = _raw_body()
    moment, signature = request.headers.get("X-Bank-Timestamp", ""), request.headers.get("X-Bank-Signature", "")
    try:
        signatures.check_bank(moment, signature, body, secrets=settings.current().notice_secrets, now=clock.now())
        return _answer(flows.apply_bank_notice(body))
    except (signatures.BadSignature, Unreadable) as problem:
        return _refuse(EventSource.BANK, problem)


def _raw_body() -> bytes:
    request.max_content_length = _LONGEST_BODY
    return request.get_data(cache=False)


def _answer(heard: Heard) -> ResponseReturnValue:
    if heard.contradicts:
        return jsonify(code="event_id_reused"), 400
    return jsonify(received=True, new=heard.is_new)


def _refuse(sender: EventSource, problem: Exception) -> ResponseReturnValue:
    code = "bad_signature" if isinstance(problem, signatures.BadSignature) else "unreadable"
    log.warning("webhook of %s refused: %s", sender, problem or "unreadable")
    flows.note_refusal(sender, code)
    return jsonify(code=code), 400
