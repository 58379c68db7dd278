"""The blueprint that all doors of checkout hang on."""

from datetime import datetime
from decimal import Decimal

from flask import Blueprint, current_app, request, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _

from marketplace.checkout.cards import TEST_CARDS
from marketplace.checkout.messages import (
    AT_THE_DOOR,
    REFUND_REASONS,
    REFUND_STATES,
    RETURN_KINDS,
    RETURN_REASONS,
    RETURN_STATES,
    RETURN_TONES,
    STORY,
)
from marketplace.checkout.queries import Step
from marketplace.core import clock
from marketplace.core.money import NBSP, format_dong
from marketplace.web import ways_back
from marketplace.web.ways_back import WayBack

blueprint = Blueprint("checkout", __name__)


def _way_back(status: int) -> WayBack | None:
    """From a refused button of an order's page to the order as it stands now."""
    number = (request.view_args or {}).get("number")
    if status == 404 or number is None:
        return None
    key = request.values.get("key") or None
    return WayBack(_("Back to the order"), url_for("checkout.order", number=number, key=key))


ways_back.register(blueprint.name, _way_back)


@blueprint.app_context_processor
def order_words() -> dict[str, object]:
    """Words of refunds and returns, test cards, the time of day on Vietnam's clock, for pages that show an order."""
    return {
        "refund_states": REFUND_STATES,
        "refund_reason": refund_reason,
        "told": told,
        "return_kinds": RETURN_KINDS,
        "return_reasons": RETURN_REASONS,
        "return_states": RETURN_STATES,
        "return_tones": RETURN_TONES,
        "at_the_door": AT_THE_DOOR,
        "test_cards": TEST_CARDS,
        "clock_time": clock_time,
        "sends_mail": bool(current_app.config["MAIL_SERVER"]),
    }


def refund_reason(reason: str) -> str:
    """Why money went back: the words of a code, or what a person wrote."""
    return str(REFUND_REASONS.get(reason, reason))


def told(step: Step) -> str:
    """One step of an order's story as a sentence to its buyer."""
    return str(STORY[step.what]) % {"amount": format_dong(step.amount), "reason": refund_reason(step.reason)}


def clock_time(moment: datetime | None) -> str:
    """``15:40`` on Vietnam's clock; an empty string for None."""
    return f"{clock.local(moment):%H:%M}" if moment else ""


@blueprint.app_template_filter("rate")
def show_rate(basis_points: int) -> str:
    """``250`` basis points -> ``2,5 %`` as the reader's language writes it."""
    return f"{format_decimal(Decimal(basis_points) / 100)}{NBSP}%"
