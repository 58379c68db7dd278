"""What a recall of a lot does to the sales at stalls that wait for money (P17)."""

from functools import partial

from marketplace.audit import services as audit
from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.inventory import queries as stock
from marketplace.inventory.models import ReservationState
from marketplace.stalls import queries, services
from marketplace.stalls.models import CancelReason


def stop_recalled_sales(lot_id: int) -> None:
    """Cancel every sale with goods of the lot whose money is awaited; the till says why, the packs are held no more.

    A sale that the bank has un-paid is left alone: its goods are with the buyer, who owes the money. Money that
    still comes, or a part that has come, waits as unapplied and is shown to the trader. Run again, it changes nothing.
    """
    of_sales = [found for found in stock.list_holders(lot_id) if found.ref_type == services.SALE_LINE]
    held = [int(found.ref_id) for found in of_sales if found.state is ReservationState.HELD]
    for sale in queries.waiting_sales_of_lines(held):
        retrying(partial(_stop, sale.stall_id, sale.id, lot_id))


def _stop(stall_id: int, sale_id: int, lot_id: int) -> None:
    try:
        with transaction():
            sale = queries.get_sale(stall_id, sale_id)
            if services.cancel_sale(sale, reason=CancelReason.LOT_RECALLED):
                which = {"object_type": "stall_sale", "object_id": str(sale_id)}
                audit.record("stall.sale_stopped", actor_id=None, lot_id=lot_id, **which)
    except Conflict as paid:  # the bank was quicker: the sale is on the recall list with everybody who has the goods
        if paid.code not in ("sale_paid", "payment_settled"):
            raise
