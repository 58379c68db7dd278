"""Who hears what became of an outgoing transfer. The owner of a purpose registers; this room pays and posts."""

from datetime import datetime

from marketplace.payments.models import OutgoingTransfer, TransferPurpose


class TransferHandler:
    """What the owner of a purpose does; every method runs in the transaction of the fact, with the transfer locked.

    A method that raises takes everything back. A room that locks rows of its own takes the transfer first.
    """

    def account(self, transfer: OutgoingTransfer) -> str:
        """The ledger account that the money is paid out of, such as ``producer:7:transit``."""
        raise NotImplementedError

    def on_succeeded(self, transfer: OutgoingTransfer, occurred_at: datetime) -> None:
        """The money left our account at ``occurred_at`` (bank time, UTC). Called once."""

    def on_failed(self, transfer: OutgoingTransfer) -> None:
        """Nothing was paid and nothing will be under this transfer; ``transfer.last_error`` is the bank's code."""

    def on_returned(self, transfer: OutgoingTransfer, occurred_at: datetime) -> None:
        """The money is back on our account; its posting was reversed. Called once, after ``on_succeeded``."""


_handlers: dict[TransferPurpose, TransferHandler] = {}


def register(purpose: TransferPurpose, handler: TransferHandler) -> None:
    """Let ``handler`` hear of the transfers of ``purpose``. Called in the owner's ``setup.py``."""
    _handlers[purpose] = handler


def handler_of(transfer: OutgoingTransfer) -> TransferHandler:
    """The handler of a transfer. Raises ``LookupError`` when its room did not register one."""
    try:
        return _handlers[transfer.purpose]
    except KeyError:
        raise LookupError(f"nobody registered for transfers of {transfer.purpose}") from None
