"""The blueprint that all doors of checkout hang on."""

from datetime import datetime

from flask import Blueprint

from marketplace.checkout.cards import TEST_CARDS
from marketplace.checkout.messages import REFUND_STATES
from marketplace.core import clock

blueprint = Blueprint("checkout", __name__)


@blueprint.app_context_processor
def order_words() -> dict[str, object]:
    """Words of refunds, the test cards and the time of day on Vietnam's clock, for pages that show an order."""
    return {"refund_states": REFUND_STATES, "test_cards": TEST_CARDS, "clock_time": clock_time}


def clock_time(moment: datetime | None) -> str:
    """``15:40`` on Vietnam's clock; an empty string for None."""
    return f"{clock.local(moment):%H:%M}" if moment else ""
