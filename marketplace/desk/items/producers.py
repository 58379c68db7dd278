"""Rows on the desk of a producer."""

from datetime import timedelta

from flask import url_for
from flask_babel import gettext as _

from marketplace.catalogue.models import ProductState
from marketplace.core import clock
from marketplace.desk.items import item
from marketplace.desk.items.item import Item
from marketplace.desk.queries.goods import NotForSale, Pending
from marketplace.desk.queries.producer import Owed, Unverified
from marketplace.desk.queries.reach import Reach
from marketplace.inventory.models import Lot, LotState
from marketplace.ocop.models import Certificate
from marketplace.orders.models import SubOrder, SubOrderState
from marketplace.producers.models import ProducerState
from marketplace.web.templating import show_day


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
    why = still_sold if row.is_change else _("The product was sent back and is not on sale.")
    return item.pending(row, why, url_for("catalogue.edit", product_id=row.product.id), _("Correct it"), tone="bad")


def in_approval(row: Pending, _reach: Reach) -> Item:
    """A product or change that the province has to look at."""
    still_sold = _("Your change waits for the province's officer; buyers see the old version until then.")
    why = still_sold if row.is_change else _("The province's officer has not decided yet.")
    return item.pending(row, why, url_for("catalogue.edit", product_id=row.product.id), _("Look at it"))


def own_not_for_sale(row: NotForSale, _reach: Reach) -> Item:
    """An own product that nobody can buy, with the reasons."""
    href, do = url_for("catalogue.edit", product_id=row.product.id), _("Open the product")
    if row.product.state == ProductState.PAUSED:
        href, do = url_for("catalogue.mine"), _("My products")
    elif [reason.code for reason in row.reasons] == ["out_of_stock"]:
        href, do = url_for("inventory.receive"), _("Receive a new lot")
    return Item(
        what=row.product.name, why=item.reasons_of(row), about=row.product.producer.name, href=href, do=do, tone="bad"
    )


def own_certificate(row: Certificate, _reach: Reach) -> Item:
    """A certificate of an own product that ends or ended."""
    ask = _("Ask the province's OCOP office for the renewal in time: the product leaves the shop that night.")
    ended = _("The product is not on sale until a new decision is recorded.")
    return item.certificate_of(row, url_for("ocop.show", certificate_id=row.id), ended if item.has_ended(row) else ask)


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
