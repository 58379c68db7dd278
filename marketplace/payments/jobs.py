"""What the worker does for payments: tell gateway and bank what was decided, and finish what hangs."""

from typing import Any

from marketplace.outbox import handlers
from marketplace.payments import flows
from marketplace.payments.services.refunds import SEND_REFUND
from marketplace.payments.services.settling import CANCEL_INTENT
from marketplace.payments.services.transferring import SEND_TRANSFER


def register() -> None:
    """Hand the room's messages and its minute's task to the worker."""
    handlers.register(SEND_REFUND, send_refund)
    handlers.register(CANCEL_INTENT, cancel_intent)
    handlers.register(SEND_TRANSFER, send_transfer)
    handlers.every(60, "payments.reconcile", reconcile)


def send_refund(payload: dict[str, Any]) -> None:
    """Send a refund to the gateway; any exception lets the worker try again later."""
    flows.send_refund(payload["refund_id"])


def cancel_intent(payload: dict[str, Any]) -> None:
    """Cancel the intent of a closed payment; any exception lets the worker try again later."""
    flows.cancel_intent(payload["payment_id"])


def send_transfer(payload: dict[str, Any]) -> None:
    """Order a transfer at the bank; any exception lets the worker try again later."""
    flows.send_transfer(payload["transfer"])


def reconcile() -> None:
    """Ask gateway and bank about everything that has been open for more than a minute."""
    flows.reconcile()
