"""Rows as people read them: what happened, why it waits, and the way to the page where it is done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.catalogue.models import ProductState
from marketplace.core import clock
from marketplace.core.fields import format_phone
from marketplace.core.money import Dong
from marketplace.desk.queries.goods import NotForSale
from marketplace.desk.queries.market import StallToday
from marketplace.desk.queries.officer import ReportOfMonth, ToApprove
from marketplace.desk.queries.operator import Unanswered
from marketplace.desk.queries.producer import Owed, Pending, Unverified
from marketplace.desk.queries.reach import Reach
from marketplace.inventory.models import Lot, LotState
from marketplace.ocop.models import Certificate
from marketplace.orders.messages import ORDER_STATES
from marketplace.orders.models import Order, OrderState, SubOrder, SubOrderState
from marketplace.orders.queries import is_overdue
from marketplace.outbox.models import OutboxMessage
from marketplace.payments.models import BankReceipt, GatewayEvent, Refund
from marketplace.producers.models import Producer, ProducerState
from marketplace.programme.words import FIGURES
from marketplace.settlement.words import REASONS
from marketplace.stalls.models import Market
from marketplace.web.messages import say
from marketplace.web.templating import show_day, show_moment

#: From so many days on a date is near enough to be shown in red.
NEAR = 30
#: How many missing figures are called by name.
MOST_NAMES = 3


@dataclass(frozen=True)
class Item:
    """One line of a desk.

    ``why``: sentences; ``about``: whom or what it concerns; ``note``: words of another person, quoted; ``since``: how
    long it waits (UTC); ``do``: what the link ``href`` leads to; ``also``: a second way; ``retry``: id of a message
    that a button sends again; ``tone``: as in ``components/ui.html``.
    """

    what: str
    why: tuple[str, ...] = ()
    about: str = ""
    note: str = ""
    amount: Dong | None = None
    since: datetime | None = None
    href: str | None = None
    do: str = ""
    also: tuple[str, str] | None = None
    retry: int | None = None
    tone: str = "wait"

    @property
    def days(self) -> int:
        """Whole calendar days in Vietnam that it has waited."""
        return (clock.today() - clock.local_day_of(self.since)).days if self.since else 0


# -- producers -----------------------------------------------------------------------------------------------------


def parcel(row: SubOrder, _reach: Reach) -> Item:
    """A parcel, by what is to be done with it next."""
    why, do = {
        SubOrderState.TO_PACK: (_("Paid or confirmed: the buyer waits for the goods."), _("Pack it")),
        SubOrderState.PACKED: (_("Packed: hand it over to the carrier."), _("Hand it over")),
    }.get(row.state, (_("On its way: say when the buyer has it."), _("Confirm delivery")))
    return Item(
        what=_("Order %(number)s", number=row.order.number),
        why=(why,),
        about=", ".join(f"{line.product_name} ({line.pack_label}) × {line.quantity}" for line in row.lines),
        amount=row.total,
        since=row.order.paid_at or row.order.placed_at,
        href=url_for("checkout.parcel", sub_order_id=row.id),
        do=do,
    )


def sent_back(row: Pending, _reach: Reach) -> Item:
    """A product or change that an approver wants corrected."""
    still_sold = _("Your change was sent back; buyers see the old version until it is approved.")
    return Item(
        what=row.product.name,
        why=(still_sold if row.is_change else _("The product was sent back and is not on sale."),),
        about=row.product.producer.name,
        note=row.note,
        since=row.since,
        href=url_for("catalogue.edit", product_id=row.product.id),
        do=_("Correct it"),
        tone="bad",
    )


def in_approval(row: Pending, _reach: Reach) -> Item:
    """A product or change that the province has to look at."""
    still_sold = _("Your change waits for the province's officer; buyers see the old version until then.")
    return Item(
        what=row.product.name,
        why=(still_sold if row.is_change else _("The province's officer has not decided yet."),),
        about=row.product.producer.name,
        since=row.since,
        href=url_for("catalogue.edit", product_id=row.product.id),
        do=_("Look at it"),
    )


def own_not_for_sale(row: NotForSale, _reach: Reach) -> Item:
    """An own product that nobody can buy, with the reasons."""
    href, do = url_for("catalogue.edit", product_id=row.product.id), _("Open the product")
    if row.product.state == ProductState.PAUSED:
        href, do = url_for("catalogue.mine"), _("My products")
    elif [reason.code for reason in row.reasons] == ["out_of_stock"]:
        href, do = url_for("inventory.receive"), _("Receive a new lot")
    return Item(what=row.product.name, why=_said(row), about=row.product.producer.name, href=href, do=do, tone="bad")


def own_certificate(row: Certificate, _reach: Reach) -> Item:
    """A certificate of an own product that ends or ended."""
    ask = _("Ask the province's OCOP office for the renewal in time: the product leaves the shop that night.")
    ended = _("The product is not on sale until a new decision is recorded.")
    return _certificate(row, url_for("ocop.show", certificate_id=row.id), ended if _has_ended(row) else ask)


def lot(row: Lot, _reach: Reach) -> Item:
    """A lot that runs out, ran out, is held back or recalled."""
    why = []
    if row.state == LotState.BLOCKED:
        why.append(_("Held back: nobody can buy it."))
    elif row.state == LotState.RECALLED:
        why.append(_("Recalled: nobody can buy it."))
    ended = row.expires_on is not None and row.expires_on <= clock.today()
    if row.expires_on is not None and ended:
        why.append(_("Not sold any more since %(day)s.", day=show_day(row.expires_on)))
    elif row.expires_on is not None:
        why.append(_("Sold until %(day)s.", day=show_day(row.expires_on - timedelta(days=1))))
    left = _("%(count)s packs in store", count=row.on_hand)
    return Item(
        what=_("Lot %(code)s of %(product)s", code=row.code, product=row.product.name),
        why=tuple(why),
        about=f"{row.pack.label} · {left}",
        note=row.state_reason if row.state != LotState.OPEN else "",
        href=url_for("inventory.lot", lot_id=row.id),
        do=_("Open the lot"),
        tone="bad" if ended or row.state != LotState.OPEN else "wait",
    )


def unverified(row: Unverified, _reach: Reach) -> Item:
    """An own producer that may not trade."""
    why = {
        ProducerState.PENDING: _("The operator has not verified the producer yet; its products are not on sale."),
        ProducerState.REJECTED: _("The registration was not accepted."),
        ProducerState.SUSPENDED: _("The producer is suspended; its products are not on sale."),
    }
    return Item(
        what=row.producer.name,
        why=(why.get(row.producer.state, ""),),
        note=row.reason,
        since=row.since,
        href=url_for("producers.edit", producer_id=row.producer.id),
        do=_("Open the registration"),
        tone="wait" if row.producer.state == ProducerState.PENDING else "bad",
    )


def owed(row: Owed, _reach: Reach) -> Item:
    """What a producer is to receive."""
    due = _("What the platform owes you for delivered goods (simulation).")
    over = _("Refunds outweigh your sales; the next sales make up for it (simulation).")
    return Item(
        what=row.producer.name,
        why=(over if row.amount < 0 else due,),
        amount=row.amount,
        tone="good",
        href=url_for("orders.to_pack", tab="delivered"),
        do=_("Delivered orders"),
    )


# -- officers ------------------------------------------------------------------------------------------------------


def to_approve(row: ToApprove, _reach: Reach) -> Item:
    """A product or change that waits for a decision."""
    change = _("A change of a product on sale; buyers see the old version until you decide.")
    return Item(
        what=row.product.name,
        why=(change if row.is_change else _("A new product; it is not on sale until you decide."),),
        about=row.product.producer.name,
        since=row.since,
        href=url_for("catalogue.review", product_id=row.product.id),
        do=_("Review it"),
    )


def certificate_of_area(row: Certificate, reach: Reach) -> Item:
    """A certificate of the own area that ends or ended."""
    page = "ocop.review" if row.ocop_product.commune.parent_id in reach.province_ids else "ocop.show"
    remind = _("Remind the producer of the renewal.")
    ended = _("Its product may not be sold until a new decision is recorded.")
    return _certificate(row, url_for(page, certificate_id=row.id), ended if _has_ended(row) else remind)


def not_for_sale_in_area(row: NotForSale, reach: Reach) -> Item:
    """A product of the own area that nobody can buy, with the reasons."""
    producer, commune = row.product.producer, row.product.ocop_product.commune
    href, do = None, ""
    if commune.parent_id in reach.province_ids:
        href, do = url_for("catalogue.review", product_id=row.product.id), _("Open the product")
    elif producer.state == ProducerState.VERIFIED:
        href, do = url_for("producers.show", slug=producer.slug), _("Open the producer")
    return Item(what=row.product.name, why=_said(row), about=_whose(producer), href=href, do=do, tone="bad")


def report(row: ReportOfMonth, _reach: Reach) -> Item:
    """The report of an area for a month, with what it lacks."""
    month = f"{row.period.first:%m/%Y}"
    running, full = _("Report of %(month)s so far", month=month), _("Report of %(month)s", month=month)
    names = "; ".join(str(FIGURES[key]) for key in row.missing[:MOST_NAMES])
    missing = ngettext(
        "%(num)s declared figure is still missing: %(names)s",
        "%(num)s declared figures are still missing: %(names)s",
        len(row.missing),
        names=names + (" …" if len(row.missing) > MOST_NAMES else ""),
    )
    return Item(
        what=running if row.period.is_running else full,
        why=(missing if row.missing else _("Every declared figure is there."),),
        about=row.unit.address,
        href=url_for("reporting.report", unit_id=row.unit.id, month=row.period.key),
        do=_("Open the report"),
        also=(_("Declare figures"), url_for("programme.figures", unit_id=row.unit.id)) if row.missing else None,
        tone="wait" if row.missing else "good",
    )


# -- the operator --------------------------------------------------------------------------------------------------


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


def receipt(row: BankReceipt, _reach: Reach) -> Item:
    """Money that pays for nothing yet."""
    return Item(
        what=_("Transfer %(reference)s", reference=row.bank_reference),
        why=(str(REASONS.get(row.reason or "", row.reason or "")),),
        about=row.payer_name,
        note=row.memo,
        amount=Dong(row.amount - row.applied),
        since=row.transacted_at,
        href=url_for("settlement.money", _anchor=f"receipt-{row.id}"),
        do=_("Decide"),
    )


def refund_to_pay(row: Refund, _reach: Reach) -> Item:
    """A refund that a person has to pay."""
    return Item(
        what=_("Refund %(code)s", code=row.public_id),
        why=(_("Money that came by transfer or in cash goes back by hand."),),
        note=row.reason,
        amount=row.amount,
        since=row.created_at,
        href=url_for("settlement.money"),
        do=_("Note as paid"),
    )


def ignored_event(row: GatewayEvent, _reach: Reach) -> Item:
    """News that changed nothing."""
    return Item(
        what=str(REASONS.get(row.ignored_reason or "", row.ignored_reason or "")),
        why=(_("The message changed nothing: no order, no money."),),
        about=row.event_id,
        since=row.received_at,
        href=url_for("settlement.money"),
        do=_("See the messages"),
        tone="bad",
    )


def unanswered(row: Unanswered, _reach: Reach) -> Item:
    """A card payment or refund that reconciliation could not close."""
    if row.error:
        why = _("The gateway refused it (%(error)s): settle it with the buyer.", error=row.error)
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


# -- the market and buyers -----------------------------------------------------------------------------------------


def stall(row: StallToday, _reach: Reach) -> Item:
    """An own stall with today's takings."""
    today = ngettext("%(num)s sale paid today.", "%(num)s sales paid today.", row.count)
    return Item(
        what=_("Stall %(number)s · %(name)s", number=row.stall.number, name=row.stall.name),
        why=(today,) if row.stall.takes_qr else (today, _("No bank account yet: the stall cannot take QR.")),
        about=row.stall.market.name,
        amount=row.amount,
        href=url_for("stalls.till", stall_id=row.stall.id),
        do=_("Open the till"),
        also=(_("Sales of the day"), url_for("stalls.day", stall_id=row.stall.id)),
        tone="good",
    )


def market(row: Market, _reach: Reach) -> Item:
    """A market that the person manages."""
    return Item(
        what=row.name,
        about=row.commune.address,
        href=url_for("stalls.shares", slug=row.slug),
        do=_("Cashless shares"),
        also=(_("Stalls and traders"), url_for("stalls.manage", slug=row.slug)),
        tone="good",
    )


def order(row: Order, _reach: Reach) -> Item:
    """An own order and how it stands."""
    why = [str(ORDER_STATES["expired" if is_overdue(row, clock.now()) else row.state])]
    waits = row.state == OrderState.AWAITING_PAYMENT and not is_overdue(row, clock.now())
    if waits and row.hold_until:
        why.append(_("The goods are held until %(moment)s.", moment=show_moment(row.hold_until)))
    return Item(
        what=_("Order %(number)s", number=row.number),
        why=tuple(why),
        about=", ".join(f"{line.product_name} × {line.quantity}" for part in row.sub_orders for line in part.lines),
        amount=row.total,
        since=row.placed_at,
        href=url_for("checkout.order", number=row.number),
        do=_("Pay now") if waits else _("Look at it"),
        tone="wait" if waits else "good",
    )


# -- shared --------------------------------------------------------------------------------------------------------


def _said(row: NotForSale) -> tuple[str, ...]:
    return tuple(say(reason.code, **reason.facts) for reason in row.reasons)


def _has_ended(row: Certificate) -> bool:
    return row.expires_on <= clock.today()


def _certificate(row: Certificate, href: str, advice: str) -> Item:
    days = (row.expires_on - clock.today()).days
    if days > 0:
        until = ngettext(
            "Ends after %(day)s: %(num)s day left.",
            "Ends after %(day)s: %(num)s days left.",
            days,
            day=show_day(row.last_day),
        )
    else:
        until = _("Ran out after %(day)s.", day=show_day(row.last_day))
    return Item(
        what=row.ocop_product.name,
        why=(until, advice),
        about=f"{_whose(row.ocop_product.producer)} · {row.decision_number}",
        href=href,
        do=_("See the certificate"),
        tone="bad" if days <= NEAR else "wait",
    )


def _whose(producer: Producer) -> str:
    return f"{producer.name} · {format_phone(producer.phone)}" if producer.phone else producer.name
