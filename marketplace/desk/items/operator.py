"""Rows on the desk of the operator."""

from flask import url_for
from flask_babel import gettext as _

from marketplace.checkout.messages import REFUND_REASONS
from marketplace.core.fields import format_phone
from marketplace.core.money import Dong
from marketplace.desk.items.item import Item
from marketplace.desk.queries.operator import Concerning, Unanswered
from marketplace.desk.queries.reach import Reach
from marketplace.ocop.models import Certificate
from marketplace.outbox.models import OutboxMessage
from marketplace.payments.models import BankReceipt, Refund, WorkItem
from marketplace.producers.models import Producer
from marketplace.settlement.event_words import EVENT_ADVICE, kind_of
from marketplace.settlement.failure_words import failure
from marketplace.settlement.queries.abouts import About
from marketplace.settlement.queries.events import Ignored
from marketplace.settlement.words import ADVICE, REASONS


def producer_to_verify(row: Producer, _reach: Reach) -> Item:
    """A registration that waits."""
    return Item(
        what=row.name,
        why=(_("Registered; nothing of it is shown or sold before you verify it."),),
        since=row.registered_at,
        href=url_for("producers.review", producer_id=row.id),
        do=_("Verify it"),
    )


def certificate_to_award(row: Certificate, _reach: Reach) -> Item:
    """A certificate of five stars that an officer proposed."""
    return Item(
        what=row.ocop_product.name,
        why=(
            _(
                "Five stars count only after you have seen the ministry's decision %(number)s.",
                number=row.decision_number,
            ),
        ),
        about=row.ocop_product.producer.name,
        since=row.recorded_at,
        href=url_for("ocop.review", certificate_id=row.id),
        do=_("Look at it"),
    )


def receipt(found: Concerning[BankReceipt], _reach: Reach) -> Item:
    """Money that pays for nothing yet."""
    row = found.row
    return Item(
        what=_("Transfer %(reference)s", reference=row.reference),
        why=(str(REASONS.get(row.reason or "", row.reason or "")),),
        about=" · ".join(part for part in (row.payer_name, _about(found.about)) if part),
        note=row.memo,
        amount=Dong(row.amount - row.applied),
        since=row.transacted_at,
        href=url_for("settlement.money", _anchor=f"receipt-{row.id}"),
        do=_("Decide"),
    )


def refund_to_pay(found: Concerning[Refund], _reach: Reach) -> Item:
    """A refund that a person has to pay."""
    row = found.row
    return Item(
        what=_("Refund %(code)s", code=row.public_id),
        why=(_("Money that came by transfer or in cash goes back by hand."),),
        about=_about(found.about),
        note=str(REFUND_REASONS.get(row.reason, row.reason)),
        amount=row.amount,
        since=row.created_at,
        href=url_for("settlement.money", _anchor=f"refund-{row.id}"),
        do=_("Note as paid"),
    )


def money_gone_astray(found: Concerning[WorkItem], _reach: Reach) -> Item:
    """Money that the bank took back, or that was to go back and did not arrive."""
    row = found.row
    why = str(ADVICE.get(row.reason, ""))
    amount = row.refund.amount if row.refund else row.receipt.amount if row.receipt else None
    return Item(
        what=str(REASONS.get(row.reason, row.reason)),
        why=(_("Reason: %(reason)s.", reason=failure(row.refund.last_error)), why) if row.refund else (why,),
        about=_about(found.about),
        amount=amount,
        since=row.created_at,
        href=url_for("settlement.money", _anchor=f"item-{row.id}"),
        do=_("Deal with it"),
        tone="bad",
    )


def _about(found: About | None) -> str:
    """Whose money it is, in a line: the order with its buyer, or the stall with its market."""
    if found is None:
        return ""
    order, stall, said = found.order, found.stall, ""
    if order is not None:
        phone = format_phone(order.contact_phone)
        said = _("Order %(number)s, %(name)s, %(phone)s", number=order.number, name=order.contact_name, phone=phone)
    elif stall is not None:
        place = f"{stall.number} ({stall.name}), {stall.market.name}"
        said = _("Sale at stall %(place)s", place=place)
        if found.month is not None:
            said = _("Market fee of %(month)s, stall %(place)s", month=f"{found.month:%m/%Y}", place=place)
    return said


def ignored_event(row: Ignored, _reach: Reach) -> Item:
    """News that changed nothing."""
    event = row.event
    amount = Dong(row.said.amount) if row.said.amount is not None and row.said.is_dong else None
    return Item(
        what=str(REASONS.get(event.ignored_reason or "", _("It changed nothing"))),
        why=(str(kind_of(event)), str(EVENT_ADVICE.get(event.ignored_reason or "", ""))),
        about=_about(row.about),
        amount=amount,
        since=event.received_at,
        href=url_for("settlement.money", _anchor=f"event-{event.id}"),
        do=_("See the messages"),
        tone="bad",
    )


def unanswered(row: Unanswered, _reach: Reach) -> Item:
    """A card payment or refund that reconciliation could not close."""
    if row.error:
        why = _("The gateway refused it (%(error)s): settle it with the buyer.", error=failure(row.error))
    else:
        why = _("The gateway has not decided although it is asked every minute: look for it there.")
    name = _("Card payment %(code)s") if row.kind == "payment" else _("Card refund %(code)s")
    return Item(what=name % {"code": row.public_id}, why=(why,), amount=row.amount, since=row.since, tone="bad")


def dead_message(row: OutboxMessage, _reach: Reach) -> Item:
    """A message that was given up."""
    tries = _("Given up after %(count)s tries.", count=row.attempts)
    return Item(
        what=_("Message “%(topic)s”", topic=row.topic),
        why=(tries,),
        about=row.key,
        note=row.last_error or "",
        since=row.created_at,
        retry=row.id,
        tone="bad",
    )
