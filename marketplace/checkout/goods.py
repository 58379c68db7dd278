"""The goods of an order: promised, sold, given back. Lines are always taken in the order of their packs."""

from collections.abc import Iterable
from datetime import datetime

from marketplace.checkout.errors import GoodsGone
from marketplace.core.errors import Conflict
from marketplace.inventory import queries as stock
from marketplace.inventory import services as inventory
from marketplace.inventory.models import Reservation, ReservationState
from marketplace.orders.models import OrderLine, SubOrder

#: Who holds a reservation: ``("order_line", id)``.
REF_TYPE = "order_line"


def lines_of(parts: Iterable[SubOrder]) -> list[OrderLine]:
    """The lines of some parcels in the order in which their stock is locked."""
    return sorted((line for part in parts for line in part.lines), key=lambda line: (line.pack_id, line.id))


def hold(lines: Iterable[OrderLine], *, until: datetime | None) -> None:
    """Promise the goods of ``lines`` until then (UTC; None: without a deadline).

    Raises ``GoodsGone`` naming the product that is short and how many are left (P01).
    """
    wanted = {str(line.id): line for line in lines}
    claims = [inventory.Claim(line.pack_id, line.quantity, REF_TYPE, ref_id) for ref_id, line in wanted.items()]
    try:
        inventory.reserve_all(claims, expires_at=until)
    except Conflict as refused:
        short = wanted.get(str(refused.facts.get("ref_id")))
        if short is None:
            raise
        left = int(refused.facts.get("left", 0))
        raise GoodsGone(pack_id=short.pack_id, product=short.product_name, left=left) from refused


def hold_again(lines: Iterable[OrderLine], *, until: datetime | None) -> bool:
    """See that every line's goods are (still) promised; take those that were freed, all or none.

    Goods set aside since the bank took their money back count as promised. False when somebody else has them by now:
    then nothing more is promised than before.
    """
    taken: list[OrderLine] = []
    for line in lines:
        if _kept(line) == line.quantity:
            continue
        try:
            hold([line], until=until)
        except GoodsGone:
            release(taken)
            return False
        taken.append(line)
    return True


def sell(lines: Iterable[OrderLine], *, actor_id: int | None = None) -> None:
    """The promised goods are sold: stock falls, once per line (I21)."""
    for line in lines:
        inventory.consume(REF_TYPE, str(line.id), actor_id=actor_id)


def release(lines: Iterable[OrderLine]) -> None:
    """Give back what is promised but not sold."""
    for line in lines:
        inventory.release(REF_TYPE, str(line.id))


def take_back(lines: Iterable[OrderLine], *, actor_id: int | None) -> None:
    """Sold goods that never left go back into their lots: what of each line is not back already."""
    for line in lines:
        bring_back(line, damaged=0, fact_type="order_line_cancelled", actor_id=actor_id)


def bring_back(line: OrderLine, *, damaged: int, fact_type: str, actor_id: int | None) -> None:
    """The sold packs of a line that are not back yet go into their lots, but for ``damaged`` ones, which stay out.

    Raises ``Conflict`` (``return_packs``) for more damaged packs than are away.
    """
    sold = stock.reservations_of(REF_TYPE, str(line.id))
    away = sum(part.quantity - part.returned for part in sold if part.state is ReservationState.CONSUMED)
    if not 0 <= damaged <= away:
        raise Conflict("return_packs", left=away)
    if away > damaged:
        restock(line, away - damaged, fact_type=fact_type, fact_id=str(line.id), actor_id=actor_id)


def restock(line: OrderLine, packs: int, *, fact_type: str, fact_id: str, actor_id: int | None) -> None:
    """So many sold packs of a line are sellable and back in their lots. The same fact twice counts once."""
    inventory.return_to_stock(REF_TYPE, str(line.id), packs, fact_type=fact_type, fact_id=fact_id, actor_id=actor_id)


def come_home(line: OrderLine, *, damaged: int, note: str, actor_id: int | None) -> None:
    """Promised goods that were on their way and not sold come back; ``damaged`` packs of them leave the stock."""
    lots = [(part.lot_id, part.quantity) for part in stock.reservations_of(REF_TYPE, str(line.id)) if _is_held(part)]
    inventory.release(REF_TYPE, str(line.id))
    for lot_id, packs in lots:
        broken = min(damaged, packs)
        if broken:
            inventory.adjust(lot_id, -broken, note=note, key=f"came-back-{line.id}", actor_id=actor_id)
        damaged -= broken


def _is_held(part: Reservation) -> bool:
    return part.state is ReservationState.HELD


def put_back(lines: Iterable[OrderLine], *, actor_id: int | None) -> None:
    """Free the goods of an order that nobody pays for: promised ones, and those set aside since the bank took its
    money back.
    """
    for line in lines:
        release([line])
        promises = stock.reservations_of(REF_TYPE, str(line.id))
        if any(promise.state is ReservationState.CONSUMED for promise in promises):
            take_back([line], actor_id=actor_id)


def _kept(line: OrderLine) -> int:
    """Packs that are promised, or were sold and are not back on the shelf."""
    promises = stock.reservations_of(REF_TYPE, str(line.id))
    live = (ReservationState.HELD, ReservationState.CONSUMED)
    return sum(promise.quantity - promise.returned for promise in promises if promise.state in live)
