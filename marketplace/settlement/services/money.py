"""What a person decides about waiting money; each decision leaves an audit row in the same transaction."""

from collections.abc import Sequence

from marketplace.audit import services as audit
from marketplace.checkout import services as checkout
from marketplace.core import clock
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong
from marketplace.payments import queries as payment_queries
from marketplace.payments import services as payments
from marketplace.payments.models import Payment
from marketplace.payments.services import Decision
from marketplace.payments.settings import Payee


def apply_by_hand(receipt_id: int, number: str, *, decided: Decision) -> None:
    """Let the rest of a receipt pay for the payment with that number (its public id or transfer code).

    Raises ``Invalid`` (``payment_unknown``) and as ``payments.apply_receipt``.
    """
    payment = _payment(number, "payment")
    receipt = payments.apply_receipt(receipt_id, payment, decided=decided)
    _note("receipt.applied", receipt.id, decided, payment=payment.public_id, applied=receipt.applied)


def divide(receipt_id: int, parts: Sequence[tuple[str, Dong]], *, decided: Decision) -> None:
    """Divide the rest of a receipt over several payments, each named by its number, with dong: all of it or nothing.

    Raises ``Invalid`` (``payment_unknown``) and as ``payments.divide_receipt``.
    """
    named = [(_payment(number, f"payment_{place}"), amount) for place, (number, amount) in enumerate(parts, start=1)]
    receipt = payments.divide_receipt(receipt_id, named, decided=decided)
    shares = {payment.public_id: amount for payment, amount in named}
    _note("receipt.divided", receipt.id, decided, parts=shares)


def send_back(receipt_id: int, payee: Payee | None, *, decided: Decision) -> None:
    """Transfer the rest of a receipt back, to its payer or to ``payee``. Raises as ``payments.send_receipt_back``."""
    transfer = payments.send_receipt_back(receipt_id, payee, decided=decided)
    _note("receipt.sent_back", receipt_id, decided, transfer=transfer.public_id, amount=transfer.amount)


def mark_returned(receipt_id: int, *, reference: str | None, decided: Decision) -> None:
    """The rest of a receipt was sent back outside this house. Raises as ``payments.return_receipt``."""
    receipt = payments.return_receipt(receipt_id, decided=decided, occurred_at=clock.now(), reference=reference)
    _note("receipt.returned", receipt.id, decided, returned=receipt.amount - receipt.applied)


def ignore(receipt_id: int, *, decided: Decision) -> None:
    """Lay money on somebody else's account aside. Raises as ``payments.ignore_receipt``."""
    receipt = payments.ignore_receipt(receipt_id, decided=decided)
    _note("receipt.ignored", receipt.id, decided)


def take(item_id: int, *, actor_id: int) -> None:
    """Take a work item: from now on nobody else decides about it. Raises as ``payments.take_item``."""
    item = payments.take_item(item_id, actor_id=actor_id)
    audit.record("work_item.taken", object_type="work_item", object_id=item.id, actor_id=actor_id)


def leave(item_id: int, *, actor_id: int) -> None:
    """Put a work item back for others. Raises as ``payments.leave_item``."""
    item = payments.leave_item(item_id, actor_id=actor_id)
    audit.record("work_item.left", object_type="work_item", object_id=item.id, actor_id=actor_id)


def close(item_id: int, *, decided: Decision) -> None:
    """Close the work item of a reversal or a refund that did not arrive. Raises as ``payments.close_item``."""
    item = payments.close_item(item_id, decided)
    audit.record("work_item.closed", object_type="work_item", object_id=item.id, actor_id=decided.actor_id)


def close_event(event_id: int, *, decided: Decision) -> None:
    """Close a message that changed nothing, with a note that stays. Raises as ``payments.close_event``."""
    payments.close_event(event_id, decided)
    audit.record("gateway_event.closed", object_type="gateway_event", object_id=event_id, actor_id=decided.actor_id)


def refund_again(item_id: int, payee: Payee | None, *, decided: Decision) -> None:
    """Give a refund that did not arrive once more, the way the money came or by transfer to ``payee``; its item is
    decided.

    Raises ``NotFound`` (``item_unknown``; also for an item of another kind), ``Conflict`` (``item_taken``,
    ``item_decided``), ``Invalid`` (``note_missing``) and as ``checkout.request_again``.
    """
    refund = payment_queries.get_refund_of_item(item_id)
    again = checkout.request_again(refund, payee=payee, actor_id=decided.actor_id)
    payments.close_item(item_id, decided, decision="tried_again")
    audit.record(
        "refund.asked_again",
        object_type="refund",
        object_id=refund.id,
        actor_id=decided.actor_id,
        again=again.public_id,
        amount=again.amount,
    )


def pay_refund(refund_id: int, payee: Payee, *, actor_id: int) -> None:
    """Transfer a refund that waits for a person to the account that the person found out.

    Raises ``NotFound`` (``refund_unknown``) and as ``payments.pay_refund_to``.
    """
    refund = payment_queries.get_refund(refund_id)
    transfer = payments.pay_refund_to(refund, payee)
    audit.record(
        "refund.ordered",
        object_type="refund",
        object_id=refund.id,
        actor_id=actor_id,
        transfer=transfer.public_id,
        amount=refund.amount,
    )


def mark_refunded(refund_id: int, *, reference: str, actor_id: int) -> None:
    """A refund was paid back by hand under the bank's or the courier's ``reference``.

    Raises ``NotFound`` (``refund_unknown``) and ``Conflict`` (``refund_closed``).
    """
    refund = payment_queries.get_refund(refund_id)
    if not payments.is_by_hand(refund) or not payments.settle_refund(
        refund, occurred_at=clock.now(), gateway_id=reference
    ):
        raise Conflict("refund_closed")
    audit.record("refund.paid", object_type="refund", object_id=refund.id, actor_id=actor_id, amount=refund.amount)


def _payment(number: str, field: str) -> Payment:
    payment = payment_queries.find_payment(number) or payment_queries.find_by_code(number)
    if payment is None:
        raise Invalid("payment_unknown", field=field)
    return payment


def _note(action: str, receipt_id: int, decided: Decision, **facts: object) -> None:
    audit.record(action, object_type="bank_receipt", object_id=receipt_id, actor_id=decided.actor_id, **facts)
