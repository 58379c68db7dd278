"""The book of stock moves: one row per change of ``on_hand``, naming the fact behind it."""

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, insert_ignoring_duplicates
from marketplace.core.errors import NotFound
from marketplace.inventory.models import Lot, MoveReason, StockMove


def has_move(lot_id: int, reason: MoveReason, ref_type: str, ref_id: str) -> bool:
    """Whether that fact moved goods of the lot already."""
    found = select(StockMove.id).where(
        StockMove.lot_id == lot_id,
        StockMove.reason == reason,
        StockMove.ref_type == ref_type,
        StockMove.ref_id == ref_id,
    )
    return db.session.scalar(found) is not None


def record_move(lot_id: int, delta: int, reason: MoveReason, ref_type: str, ref_id: str, actor_id: int | None) -> None:
    """Write down that ``delta`` packs came (> 0) or went, and for which fact."""
    db.session.add(
        StockMove(
            lot_id=lot_id,
            delta=delta,
            reason=reason,
            ref_type=ref_type,
            ref_id=ref_id,
            actor_id=actor_id,
            at=clock.now(),
        )
    )


def move_once(
    lot_id: int, delta: int, reason: MoveReason, ref_type: str, ref_id: str, actor_id: int | None, *, note: str
) -> bool:
    """``record_move``, once per fact: False when it stands already. Raises ``NotFound`` (``lot_not_found``)."""
    if db.session.scalar(select(Lot.id).where(Lot.id == lot_id)) is None:
        raise NotFound("lot_not_found")
    values = {
        "lot_id": lot_id,
        "delta": delta,
        "reason": reason,
        "ref_type": ref_type,
        "ref_id": ref_id,
        "actor_id": actor_id,
        "note": note,
        "at": clock.now(),
    }
    return insert_ignoring_duplicates(StockMove, values, keys=["lot_id", "reason", "ref_type", "ref_id"])
