"""Find what a call whose answer was lost has left behind at the gateway."""

from datetime import datetime, timedelta

from marketplace.payments import settings
from marketplace.payments.gateway import Intent

#: After this long a payment that the gateway has never heard of will hardly appear there any more.
NEVER_ARRIVED_AFTER = timedelta(minutes=10)


def find_intent(reference: str, opened: datetime) -> Intent | None:
    """The intent of a payment whose id was never answered; a minute of slack for two clocks.

    ``reference`` is the payment's public id, ``opened`` (UTC) when it was born. Raises as the gateway's client does.
    """
    since = settings.current().gateway.intents_since(opened - timedelta(minutes=1))
    return next((intent for intent in since if intent.reference == reference), None)
