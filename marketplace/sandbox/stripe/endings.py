"""How an attempt to pay ends, whatever it was paid with."""

from .events import record
from .objects import Body, Call, save, shown

#: How long the slow test cards and accounts take, in seconds.
SLOWLY = 5.0


def keep_or_spend(call: Call, intent: Body, method: Body) -> None:
    """A method that paid is kept for its customer when that was asked for; else it can't be used again."""
    if method["customer"] is None and intent["setup_future_usage"] and intent["customer"]:
        save(call.db, {**method, "customer": intent["customer"]})
        record(call, "payment_method.attached", {**method, "customer": intent["customer"]})
    elif method["customer"] is None:
        save(call.db, {**method, "_spent": True})


def fail(call: Call, intent: Body, method: Body, error: Body) -> None:
    """Lead a refused attempt back to ``requires_payment_method``, with its error."""
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_payment_error": {**error, "payment_method": shown(method)},
    }
    save(call.db, intent)
    record(call, "payment_intent.payment_failed", intent)
