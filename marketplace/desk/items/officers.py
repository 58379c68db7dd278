"""Rows on the desk of an officer."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.desk.items import item
from marketplace.desk.items.item import Item
from marketplace.desk.queries.goods import NotForSale, Pending
from marketplace.desk.queries.officer import ReportOfMonth
from marketplace.desk.queries.reach import Reach
from marketplace.ocop.models import Certificate
from marketplace.producers.models import ProducerState
from marketplace.programme.words import FIGURES


def to_approve(row: Pending, _reach: Reach) -> Item:
    """A product or change that waits for a decision."""
    change = _("A change of a product on sale; buyers see the old version until you decide.")
    why = change if row.is_change else _("A new product; it is not on sale until you decide.")
    return item.pending(row, why, url_for("catalogue.review", product_id=row.product.id), _("Review it"))


def certificate_of_area(row: Certificate, reach: Reach) -> Item:
    """A certificate of the own area that ends or ended."""
    page = "ocop.review" if row.ocop_product.commune.parent_id in reach.province_ids else "ocop.show"
    remind = _("Remind the producer of the renewal.")
    ended = _("Its product may not be sold until a new decision is recorded.")
    return item.certificate_of(row, url_for(page, certificate_id=row.id), ended if item.has_ended(row) else remind)


def not_for_sale_in_area(row: NotForSale, reach: Reach) -> Item:
    """A product of the own area that nobody can buy, with the reasons."""
    producer, commune = row.product.producer, row.product.ocop_product.commune
    href, do = None, ""
    if commune.parent_id in reach.province_ids:
        href, do = url_for("catalogue.review", product_id=row.product.id), _("Open the product")
    elif producer.state == ProducerState.VERIFIED:
        href, do = url_for("producers.show", slug=producer.slug), _("Open the producer")
    return Item(
        what=row.product.name, why=item.reasons_of(row), about=item.whose_of(producer), href=href, do=do, tone="bad"
    )


def report(row: ReportOfMonth, _reach: Reach) -> Item:
    """The report of an area for a month, with what it lacks."""
    month = f"{row.period.first:%m/%Y}"
    running, full = _("Report of %(month)s so far", month=month), _("Report of %(month)s", month=month)
    names = "; ".join(str(FIGURES[key]) for key in row.missing[: item.MOST_NAMES])
    missing = ngettext(
        "%(num)s declared figure is still missing: %(names)s",
        "%(num)s declared figures are still missing: %(names)s",
        len(row.missing),
        names=names + (" …" if len(row.missing) > item.MOST_NAMES else ""),
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
