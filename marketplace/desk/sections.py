"""The sections of a desk, one per role, and the lists in each: where its rows come from and how a row reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.core.paging import NumberedPage
from marketplace.core.roles import OFFICERS, Role
from marketplace.desk import items
from marketplace.desk.items import Item
from marketplace.desk.queries import goods, market, officer, operator, producer
from marketplace.desk.queries.reach import Reach
from marketplace.orders.models import SubOrderState
from marketplace.orders.queries import list_orders_of, list_sub_orders
from marketplace.producers.queries import list_for_review

Load = Callable[[Reach, int, int], NumberedPage[Any]]


@dataclass(frozen=True)
class Queue:
    """A list of one kind. ``code`` is its address; ``is_work`` False: always there, nothing waits for anybody."""

    code: str
    title: LazyString
    load: Load
    make: Callable[[Any, Reach], Item]
    is_work: bool = True


@dataclass(frozen=True)
class Section:
    """What one role (or the officers' two) finds on its desk."""

    title: LazyString
    roles: frozenset[Role]
    queues: tuple[Queue, ...]


def _parcels(state: SubOrderState) -> Load:
    return lambda reach, number, size: list_sub_orders(reach.producer_ids, states=(state,), number=number, size=size)


def _own(load: Callable[..., NumberedPage[Any]]) -> Load:
    return lambda reach, number, size: load(reach.own_products(), number, size)


def _of_area(load: Callable[..., NumberedPage[Any]]) -> Load:
    return lambda reach, number, size: load(reach.products_of_area(), number, size)


def _everywhere(load: Callable[[int, int], NumberedPage[Any]]) -> Load:
    return lambda _reach, number, size: load(number, size)


VENDOR = Section(
    _l("At the stall"),
    frozenset({Role.VENDOR}),
    (Queue("stalls", _l("My stalls"), market.own_stalls, items.stall, is_work=False),),
)
PRODUCER = Section(
    _l("For the producer"),
    frozenset({Role.PRODUCER}),
    (
        Queue("unverified", _l("Registration"), producer.unverified_producers, items.unverified),
        Queue("to-pack", _l("Orders to pack"), _parcels(SubOrderState.TO_PACK), items.parcel),
        Queue("to-hand-over", _l("Orders to hand over"), _parcels(SubOrderState.PACKED), items.parcel),
        Queue("on-the-way", _l("Orders on their way"), _parcels(SubOrderState.SHIPPED), items.parcel),
        Queue("to-correct", _l("Products to correct"), producer.products_to_correct, items.sent_back),
        Queue("own-not-for-sale", _l("Not for sale now"), _own(goods.products_not_for_sale), items.own_not_for_sale),
        Queue("own-ending", _l("Certificates that end soon"), _own(goods.ending_certificates), items.own_certificate),
        Queue("own-lapsed", _l("Certificates that ran out"), _own(goods.lapsed_certificates), items.own_certificate),
        Queue("lots", _l("Lots to look at"), producer.lots_to_see, items.lot),
        Queue("in-approval", _l("Waiting for approval"), producer.products_in_approval, items.in_approval),
        Queue(
            "to-receive",
            _l("Money you will receive (simulation)"),
            producer.owed_to_producers,
            items.owed,
            is_work=False,
        ),
    ),
)
MANAGER = Section(
    _l("For the market's management"),
    frozenset({Role.MARKET_MANAGER}),
    (Queue("markets", _l("My markets"), market.managed_markets, items.market, is_work=False),),
)
OFFICER = Section(
    _l("For the officer"),
    frozenset(OFFICERS),
    (
        Queue(
            "to-approve-here",
            _l("Products to approve"),
            lambda reach, number, size: officer.products_to_approve(reach.province_ids, number, size),
            items.to_approve,
        ),
        Queue("reports", _l("Monthly reports"), officer.reports_of_areas, items.report, is_work=False),
        Queue(
            "ending", _l("Certificates that end soon"), _of_area(goods.ending_certificates), items.certificate_of_area
        ),
        Queue(
            "lapsed", _l("Certificates that ran out"), _of_area(goods.lapsed_certificates), items.certificate_of_area
        ),
        Queue(
            "not-for-sale", _l("Not for sale now"), _of_area(goods.products_not_for_sale), items.not_for_sale_in_area
        ),
    ),
)
OPERATOR = Section(
    _l("For the operator"),
    frozenset({Role.OPERATOR}),
    (
        Queue(
            "to-verify",
            _l("Producers to verify"),
            lambda _reach, number, size: list_for_review(page=number, size=size),
            items.producer_to_verify,
        ),
        Queue(
            "to-approve",
            _l("Products to approve"),
            lambda _reach, number, size: officer.products_to_approve(None, number, size),
            items.to_approve,
        ),
        Queue(
            "to-award",
            _l("Proposed certificates of five stars"),
            _everywhere(goods.proposed_certificates),
            items.certificate_to_award,
        ),
        Queue("money", _l("Transfers without a payment"), _everywhere(operator.waiting_money), items.receipt),
        Queue("refunds", _l("Refunds to be paid by hand"), _everywhere(operator.refunds_to_pay), items.refund_to_pay),
        Queue(
            "astray",
            _l("Money taken back or not arrived"),
            _everywhere(operator.money_gone_astray),
            items.money_gone_astray,
        ),
        Queue("unanswered", _l("Not reconciled"), _everywhere(operator.unanswered_questions), items.unanswered),
        Queue("ignored", _l("News that changed nothing"), _everywhere(operator.ignored_events), items.ignored_event),
        Queue("dead", _l("Messages that were given up"), _everywhere(operator.dead_messages), items.dead_message),
    ),
)
BUYER = Section(
    _l("What I bought"),
    frozenset({Role.BUYER}),
    (
        Queue(
            "orders",
            _l("My latest orders"),
            lambda reach, number, size: list_orders_of(reach.user_id, number=number, size=size),
            items.order,
            is_work=False,
        ),
    ),
)

#: In the order of the page.
SECTIONS = (VENDOR, PRODUCER, OPERATOR, OFFICER, MANAGER, BUYER)
