"""Doors: the lists of orders, for buyers and for producers. Single orders are opened in ``checkout``."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from marketplace.core.errors import Invalid
from marketplace.core.roles import WORKERS, Role
from marketplace.core.text import clean
from marketplace.orders import queries
from marketplace.orders.messages import ORDER_STATES, PARCEL_STATES, PAYMENT_METHODS, SUB_ORDER_STATES, TONES
from marketplace.orders.models import SubOrderState
from marketplace.web import auth
from marketplace.web.access import SIGNED_IN, allow
from marketplace.web.addresses import asked_page
from marketplace.web.navigation import MenuItem, add

blueprint = Blueprint("orders", __name__)
add(
    MenuItem(_l("My orders"), "orders.mine", 30, frozenset({Role.BUYER}), "receipt", on_desk_of=WORKERS),
    MenuItem(_l("Orders to pack"), "orders.to_pack", position=42, roles=frozenset({Role.PRODUCER}), icon="box-seam"),
)

#: The tabs of the producer's list, each with the states it shows.
TABS: dict[str, tuple[SubOrderState, ...]] = {
    "to_pack": (SubOrderState.TO_PACK,),
    "packed": (SubOrderState.PACKED,),
    "shipped": (SubOrderState.SHIPPED,),
    "delivered": (SubOrderState.DELIVERED,),
    "all": (),
}


@blueprint.app_context_processor
def state_words() -> dict[str, object]:
    """Words and tones of states, for every page that shows an order."""
    return {
        "order_states": ORDER_STATES,
        "sub_order_states": SUB_ORDER_STATES,
        "parcel_states": PARCEL_STATES,
        "payment_methods": PAYMENT_METHODS,
        "state_tones": TONES,
    }


@blueprint.get("/orders")
@allow(SIGNED_IN)
def mine() -> ResponseReturnValue:
    """The signed-in buyer's orders, newest first. Query: ``page``."""
    page = queries.list_orders_of(auth.require_user().id, number=asked_page())
    return render_template("orders/mine.html", page=page)


@blueprint.get("/producer/orders")
@allow(Role.PRODUCER)
def to_pack() -> ResponseReturnValue:
    """The own parcels, oldest first. Query: ``tab`` (one of ``TABS``), ``q`` (number or phone), ``page``."""
    tab = request.args.get("tab", "to_pack")
    tab = tab if tab in TABS else "to_pack"
    search = _search()
    producer_ids = auth.subject_ids(Role.PRODUCER)
    page = queries.list_sub_orders(producer_ids, states=() if search else TABS[tab], search=search, number=asked_page())
    waiting = queries.count_sub_orders(producer_ids, SubOrderState.TO_PACK)
    return render_template("orders/to_pack.html", page=page, tab=tab, tabs=TABS, search=search, waiting=waiting)


def _search() -> str:
    try:
        return clean(request.args.get("q", ""))[:40]
    except Invalid:
        return ""
