"""Who hears that a payment moved. The rooms above register what they do; this room never sees orders or sales."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from marketplace.core.money import Dong
from marketplace.payments.models import Payment, Purpose, Rail, Refund


@dataclass(frozen=True)
class Accounts:
    """Ledger accounts of a payment: debited and credited when it settles, and where a refund is paid from."""

    source: str
    held: str
    paid_back_from: str


#: Where the money of an order waits in the books.
ESCROW = "order:escrow"

_BY_RAIL = {
    Rail.CARD: Accounts("gateway:card", ESCROW, "gateway:card"),
    Rail.VIETQR: Accounts("payment:funding", ESCROW, "bank:collecting"),
    Rail.CASH_ON_DELIVERY: Accounts("cod:receivable", ESCROW, "cod:receivable"),
}


class PurposeHandler:
    """What the owner of a purpose does; every method runs inside the transaction of the fact that it is told.

    The payment's row is locked while a method runs: a room that locks both takes the payment first.
    A method that raises takes everything back, the settlement included.
    """

    def accounts(self, payment: Payment) -> Accounts:
        """Where the money stands in the books; by default ours, waiting for the order (``order:escrow``)."""
        return _BY_RAIL[payment.rail]

    def hold_reserved(self, codes: Sequence[str]) -> bool:
        """Whether one of these transfer codes is promised to a payment that is still to be opened (a stall's phone
        without network). Waits until whoever opens that payment has committed, and keeps others waiting.
        """
        return False

    def on_settled(self, payment: Payment, occurred_at: datetime) -> None:
        """The whole amount is there, since ``occurred_at`` (bank or gateway time, UTC). Called once per payment."""

    def on_failed(self, payment: Payment) -> None:
        """A card was declined or the gateway refused; ``payment.last_error`` is the code."""

    def on_cancelled(self, payment: Payment) -> None:
        """The gateway cancelled it (never called for ``services.cancel``: that caller knows)."""

    def may_revive(self, payment: Payment) -> bool:
        """Money came for a payment that is closed or past its deadline: do you still want it?

        Look again under lock (stock, state) and take back what is needed; True lets the settlement go on in the
        same transaction. Must be harmless when everything still stands. By default: no.
        """
        return False

    def may_unpay(self, payment: Payment) -> bool:
        """Whether ``on_unpaid`` can follow now. By default no: books and payment stay as they are, a person decides."""
        return False

    def on_unpaid(self, payment: Payment, occurred_at: datetime) -> None:
        """The bank took the money back at ``occurred_at`` (bank time, UTC): undo ``on_settled`` by reversals.

        Called while the payment still reads settled; it is *failed* afterwards. Who still wants the money opens
        another payment.
        """

    def on_unapplied(self, payment: Payment, amount: Dong, reason: str) -> None:
        """``amount`` dong of a transfer that named this payment wait for a person: let the payer know."""

    def on_refunded(self, refund: Refund, occurred_at: datetime) -> None:
        """A refund was paid: take each one's share back. Called once per refund."""

    def on_refund_failed(self, refund: Refund) -> None:
        """A refund did not work, perhaps after it had seemed to: undo what ``on_refunded`` did."""


_handlers: dict[Purpose, PurposeHandler] = {}


def register(purpose: Purpose, handler: PurposeHandler) -> None:
    """Let ``handler`` hear of the payments of ``purpose``. Called in the owner's ``setup.py``."""
    _handlers[purpose] = handler


def handler_of(payment: Payment) -> PurposeHandler:
    """The handler of a payment. Raises ``LookupError`` when its room did not register one."""
    try:
        return _handlers[payment.purpose]
    except KeyError:
        raise LookupError(f"nobody registered for payments of {payment.purpose}") from None


def hold_reserved(codes: Sequence[str], purpose: Purpose | None = None) -> bool:
    """Whether a code is reserved for a payment of ``purpose`` (None: of any) that is still to be opened."""
    handlers = list(_handlers.values()) if purpose is None else [_handlers[purpose]] if purpose in _handlers else []
    return any(handler.hold_reserved(codes) for handler in handlers)
