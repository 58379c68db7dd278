"""The blueprint that all doors of checkout hang on."""

from datetime import datetime
from decimal import Decimal

from flask import Blueprint
from flask_babel import format_decimal

from marketplace.checkout.cards import TEST_CARDS
from marketplace.checkout.messages import REFUND_STATES
from marketplace.core import clock
from marketplace.core.money import NBSP

blueprint = Blueprint("checkout", __name__)


@blueprint.app_context_processor
def order_words() -> dict[str, object]:
    """Words of refunds, the test cards and the time of day on Vietnam's clock, for pages that show an order."""
    return {"refund_states": REFUND_STATES, "test_cards": TEST_CARDS, "clock_time": clock_time}


def clock_time(moment: datetime | None) -> str:
    """``15:40`` on Vietnam's clock; an empty string for None."""
    return f"{clock.local(moment):%H:%M}" if moment else ""


@blueprint.app_template_filter("rate")
def show_rate(basis_points: int) -> str:
    """``250`` basis points -> ``2,5 %`` as the reader's language writes it."""
    return f"{format_decimal(Decimal(basis_points) / 100)}{NBSP}%"
