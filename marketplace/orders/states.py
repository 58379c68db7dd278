"""How an order and its parcels may move: the two tables of allowed edges, and nothing else decides (I11)."""

from collections.abc import Mapping

from marketplace.orders.models import OrderState, SubOrderState

#: The buyer's side. Money that comes late may bring an expired order back while its goods are still there.
ORDER_EDGES: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.AWAITING_PAYMENT: frozenset({OrderState.PAID, OrderState.EXPIRED, OrderState.CANCELLED}),
    OrderState.EXPIRED: frozenset({OrderState.PAID}),
    OrderState.CONFIRMED: frozenset({OrderState.PAID, OrderState.CANCELLED}),
    # back to waiting: only when the bank takes the money back
    OrderState.PAID: frozenset({OrderState.COMPLETED, OrderState.CANCELLED, OrderState.AWAITING_PAYMENT}),
    OrderState.COMPLETED: frozenset(),
    OrderState.CANCELLED: frozenset(),
}

#: The producer's side. A parcel that has left cannot be called back; one to be paid at the door may come back (flows).
SUB_ORDER_EDGES: Mapping[SubOrderState, frozenset[SubOrderState]] = {
    SubOrderState.WAITING: frozenset({SubOrderState.TO_PACK, SubOrderState.CANCELLED}),
    SubOrderState.TO_PACK: frozenset({SubOrderState.PACKED, SubOrderState.CANCELLED, SubOrderState.WAITING}),
    SubOrderState.PACKED: frozenset({SubOrderState.SHIPPED, SubOrderState.CANCELLED, SubOrderState.WAITING}),
    SubOrderState.SHIPPED: frozenset({SubOrderState.DELIVERED, SubOrderState.CANCELLED}),
    SubOrderState.DELIVERED: frozenset(),
    SubOrderState.CANCELLED: frozenset({SubOrderState.TO_PACK}),
}

#: Parcels that are still with the producer: the goods can be kept back.
BEFORE_SHIPPING = frozenset({SubOrderState.WAITING, SubOrderState.TO_PACK, SubOrderState.PACKED})

#: Parcels for which a producer needs the address; before and after it is none of their business.
ADDRESS_NEEDED = frozenset({SubOrderState.TO_PACK, SubOrderState.PACKED, SubOrderState.SHIPPED})
