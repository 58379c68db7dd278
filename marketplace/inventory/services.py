"""Receiving, promising, selling and returning goods. Nobody else writes ``on_hand`` and ``reserved``.

Each change is one conditional UPDATE whose row count decides; nothing is read, checked and written back. Lots are
always locked before their reservations, and in ``queries.shelf_order``: callers with several packs go by pack id.
"""

import secrets
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm.util import identity_key

from marketplace.audit.services import record
from marketplace.catalogue.models import Pack
from marketplace.core import clock
from marketplace.core.db import changed_one, db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.text import fold
from marketplace.inventory import moves, queries
from marketplace.inventory.models import (
    Lot,
    LotEvent,
    LotState,
    MoveReason,
    Reservation,
    ReservationState,
)
from marketplace.outbox.services import enqueue

#: Told to whoever registers for it when a lot is recalled; the payload is ``{"lot_id": …}``.
LOT_RECALLED = "inventory.lot_recalled"

#: Letters and digits that cannot be taken for one another, read aloud or by hand: no 0, 1, i, l, o.
_TRACE_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_TRACE_LENGTH = 12


# -- lots ----------------------------------------------------------------------------------------------------------


def receive_lot(
    pack_id: int,
    quantity: int,
    *,
    code: str,
    made_on: date,
    expires_on: date | None,
    planting_area_code: str | None = None,
    actor_id: int | None,
) -> Lot:
    """Put ``quantity`` packs made on ``made_on`` into store as a new lot with a random public trace code.

    ``expires_on`` is the first day on which the lot may no longer be sold, None for goods without a shelf life.
    Raises ``NotFound`` (``pack_not_found``), ``Invalid`` (``lot_dates``, ``lot_made_in_future``),
    ``Conflict`` (``lot_code_taken``).
    """
    pack = db.session.get(Pack, pack_id)
    if pack is None:
        raise NotFound("pack_not_found")
    if quantity <= 0:
        raise Invalid("number_out_of_range", field="quantity", lowest=1, highest=2**31)
    if expires_on is not None and expires_on <= made_on:
        raise Invalid("lot_dates", field="expires_on")
    if made_on > clock.today():
        raise Invalid("lot_made_in_future", field="made_on")
    if db.session.scalar(select(Lot.id).where(Lot.product_id == pack.product_id, Lot.code == code)) is not None:
        raise Conflict("lot_code_taken", field="code")
    now = clock.now()
    lot = Lot(
        product_id=pack.product_id,
        pack_id=pack.id,
        code=code,
        trace_code="".join(secrets.choice(_TRACE_ALPHABET) for _ in range(_TRACE_LENGTH)),
        made_on=made_on,
        expires_on=expires_on,
        on_hand=quantity,
        reserved=0,
        state=LotState.OPEN,
        planting_area_code=planting_area_code,
        created_at=now,
    )
    db.session.add(lot)
    db.session.flush()
    moves.record_move(lot.id, quantity, MoveReason.RECEIPT, "lot", str(lot.id), actor_id)
    db.session.add(LotEvent(lot_id=lot.id, from_state=None, to_state=LotState.OPEN, actor_id=actor_id, at=now))
    db.session.flush()
    record("inventory.lot_received", object_type="lot", object_id=lot.id, actor_id=actor_id, quantity=quantity)
    return lot


def adjust(lot_id: int, delta: int, *, note: str, key: str, actor_id: int | None) -> None:
    """Correct what is in store by ``delta`` packs (counted anew, broken, eaten by mice) and say why.

    ``key`` names the correction: sent twice, it counts once. Raises ``Invalid`` (``stock_change_zero``),
    ``NotFound`` (``lot_not_found``), ``Conflict`` (``stock_promised``: less than what buyers were promised).
    """
    if delta == 0:
        raise Invalid("stock_change_zero", field="delta")
    if not moves.move_once(lot_id, delta, MoveReason.ADJUSTMENT, "adjustment", key, actor_id, note=note):
        return
    changed = _change_lot(lot_id, Lot.on_hand + delta >= Lot.reserved, on_hand=Lot.on_hand + delta)
    if not changed:
        raise Conflict("stock_promised", field="delta", reserved=queries.get_lot(lot_id).reserved)
    record("inventory.lot_adjusted", object_type="lot", object_id=lot_id, actor_id=actor_id, delta=delta)


def block(lot_id: int, *, reason: str, actor_id: int | None) -> None:
    """Take an open lot off the shelf for the time being. Raises ``Conflict`` (``lot_state_unchanged``)."""
    _change_state(lot_id, LotState.OPEN, LotState.BLOCKED, reason, actor_id)


def unblock(lot_id: int, *, reason: str, actor_id: int | None) -> None:
    """Put a blocked lot back on the shelf. Raises ``Conflict`` (``lot_state_unchanged``, ``lot_recalled``)."""
    _change_state(lot_id, LotState.BLOCKED, LotState.OPEN, reason, actor_id)


def recall(lot_id: int, *, code: str, reason: str, actor_id: int | None) -> None:
    """Take a lot off the shelf for good and say so on its public trace page (P17). It never opens again.

    ``code`` is the lot's own code, as the person typed it. The message ``LOT_RECALLED`` lets the rooms above stop
    unpaid orders; who holds or bought the lot says ``queries.list_holders``. Raises ``Invalid``
    (``lot_code_differs``) and ``Conflict`` (``lot_recalled``) when it was recalled before.
    """
    lot = queries.get_lot(lot_id)
    if fold(code) != fold(lot.code):
        raise Invalid("lot_code_differs", field="code", wanted=lot.code)
    _change_state(lot_id, lot.state, LotState.RECALLED, reason, actor_id)
    enqueue(LOT_RECALLED, {"lot_id": lot_id}, key=f"{LOT_RECALLED}:{lot_id}")
    record("inventory.lot_recalled", object_type="lot", object_id=lot_id, actor_id=actor_id)


def _change_state(lot_id: int, before: LotState, after: LotState, reason: str, actor_id: int | None) -> None:
    now = clock.now()
    stands = (Lot.state == before) if before is not after else (Lot.state != after)
    values = {"state": after, "state_reason": reason, "state_changed_at": now}
    if not _change_lot(lot_id, stands, **values):
        recalled = queries.get_lot(lot_id).state is LotState.RECALLED
        raise Conflict("lot_recalled" if recalled else "lot_state_unchanged")
    db.session.add(LotEvent(lot_id=lot_id, from_state=before, to_state=after, reason=reason, actor_id=actor_id, at=now))
    db.session.flush()


# -- promises ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Claim:
    """So many packs that ``(ref_type, ref_id)`` wants to have promised."""

    pack_id: int
    quantity: int
    ref_type: str
    ref_id: str


def reserve(
    pack_id: int, quantity: int, *, ref_type: str, ref_id: str, expires_at: datetime | None
) -> list[Reservation]:
    """``reserve_all`` for a single claim."""
    return reserve_all([Claim(pack_id, quantity, ref_type, ref_id)], expires_at=expires_at)


def reserve_all(claims: Sequence[Claim], *, expires_at: datetime | None) -> list[Reservation]:
    """Promise the packs of every claim until ``expires_at`` (None: until somebody releases or sells them).

    First expired, first out, over as many lots as needed; lapsed promises on these packs are freed first, here and
    now. All or nothing: raises ``Conflict`` (``stock_short`` with ``pack_id``, ``left`` and ``ref_id``) and leaves no
    trace; ``reservation_held`` when a claimant holds goods already. A released promise may be made again.
    """
    now = clock.now()
    packs = sorted({claim.pack_id for claim in claims})
    _free_lapsed(now, Lot.pack_id.in_(packs))
    former = _former_promises(claims)
    shelf = _shelf(packs, now)
    taken: list[tuple[Claim, Counter[int]]] = []
    for claim in sorted(claims, key=lambda claim: (claim.pack_id, claim.ref_id)):
        parts = _take(claim.pack_id, claim.quantity, now, shelf.get(claim.pack_id, []))
        taken.append((claim, parts))
        if parts.total() < claim.quantity:
            _put_back(taken)
            raise Conflict("stock_short", pack_id=claim.pack_id, left=parts.total(), ref_id=claim.ref_id)
    made = []
    for claim, parts in taken:
        for lot_id, part in parts.items():
            key = (claim.ref_type, claim.ref_id, lot_id)
            promise = former.get(key) or Reservation(
                lot_id=lot_id, ref_type=claim.ref_type, ref_id=claim.ref_id, created_at=now
            )
            promise.quantity, promise.state, promise.expires_at = part, ReservationState.HELD, expires_at
            made.append(promise)
    db.session.add_all(made)
    db.session.flush()
    return made


def _former_promises(claims: Sequence[Claim]) -> dict[tuple[str, str, int], Reservation]:
    """What the claimants were promised before, by claimant and lot; all of it must have been released."""
    found = db.session.scalars(
        select(Reservation).where(
            Reservation.ref_type.in_({claim.ref_type for claim in claims}),
            Reservation.ref_id.in_({claim.ref_id for claim in claims}),
        )
    ).all()
    theirs = {(claim.ref_type, claim.ref_id) for claim in claims}
    former = {(row.ref_type, row.ref_id, row.lot_id): row for row in found if (row.ref_type, row.ref_id) in theirs}
    if any(promise.state is not ReservationState.RELEASED for promise in former.values()):
        raise Conflict("reservation_held")
    return former


def _shelf(packs: Collection[int], now: datetime) -> dict[int, list[tuple[int, int]]]:
    """Lots with free packs as ``(lot id, free packs)``, by pack, first expired first."""
    rows = db.session.execute(
        select(Lot.pack_id, Lot.id, Lot.on_hand - Lot.reserved)
        .where(Lot.pack_id.in_(packs), queries.lot_may_be_sold(now), Lot.on_hand > Lot.reserved)
        .order_by(*queries.shelf_order())
    )
    shelf: dict[int, list[tuple[int, int]]] = {}
    for pack_id, lot_id, free in rows:
        shelf.setdefault(pack_id, []).append((lot_id, free))
    return shelf


def _take(pack_id: int, quantity: int, now: datetime, shelf: list[tuple[int, int]]) -> Counter[int]:
    """Raise ``reserved`` on the lots of a pack until ``quantity`` is reached or nothing is free; packs per lot id.

    ``shelf`` is how it was seen; when somebody else was quicker, it is looked at again.
    """
    taken: Counter[int] = Counter()
    while shelf:
        for lot_id, free in shelf:
            part = min(quantity - taken.total(), free)
            if part and _promise(lot_id, part, now):
                taken[lot_id] += part
        if taken.total() == quantity:
            break
        shelf = _shelf([pack_id], now).get(pack_id, [])
    return taken


def _put_back(taken: Sequence[tuple[Claim, Counter[int]]]) -> None:
    for _claim, parts in taken:
        for lot_id, part in parts.items():
            _change_lot_surely(lot_id, Lot.reserved >= part, reserved=Lot.reserved - part)


def _promise(lot_id: int, part: int, now: datetime) -> bool:
    """The guarded UPDATE: somebody may have taken the packs since they were seen; only the row count knows."""
    enough = Lot.on_hand - Lot.reserved >= part
    return _change_lot(lot_id, enough, queries.lot_may_be_sold(now), reserved=Lot.reserved + part)


def consume(ref_type: str, ref_id: str, *, actor_id: int | None) -> list[Reservation]:
    """The promised goods of ``ref`` are sold: ``on_hand`` and ``reserved`` fall together, one stock move per lot.

    Does nothing (and returns an empty list) when they were sold before. A promise past its deadline is kept as long
    as nobody else took the goods. Raises ``Conflict`` (``reservation_gone``) when nothing is held any more.
    """
    promises = _locked_promises(ref_type, ref_id)
    held = [promise for promise in promises if promise.state is ReservationState.HELD]
    if not held:
        if any(promise.state is ReservationState.CONSUMED for promise in promises):
            return []
        raise Conflict("reservation_gone")
    for promise in held:
        part = promise.quantity
        _change_lot_surely(
            promise.lot_id, Lot.reserved >= part, reserved=Lot.reserved - part, on_hand=Lot.on_hand - part
        )
        promise.state = ReservationState.CONSUMED
        moves.record_move(promise.lot_id, -part, MoveReason.SALE, ref_type, ref_id, actor_id)
    db.session.flush()
    return held


def release(ref_type: str, ref_id: str) -> int:
    """Give back what ``ref`` holds; packs freed, 0 when it held nothing (any more)."""
    freed = 0
    for promise in _locked_promises(ref_type, ref_id):
        if promise.state is ReservationState.HELD:
            part = promise.quantity
            _change_lot_surely(promise.lot_id, Lot.reserved >= part, reserved=Lot.reserved - part)
            promise.state = ReservationState.RELEASED
            freed += part
    db.session.flush()
    return freed


def free_lapsed_holds() -> int:
    """Free every promise past its deadline (I22); packs freed. For the periodic job: nothing waits for it (P12)."""
    now = clock.now()
    return _free_lapsed(now, Lot.reserved > 0)


def return_to_stock(
    ref_type: str, ref_id: str, quantity: int, *, fact_type: str, fact_id: str, actor_id: int | None
) -> bool:
    """Put ``quantity`` packs that ``ref`` bought back into the lots that they came from.

    ``fact`` (a refund line, say) names the return: told twice, it counts once and the second call answers False.
    Raises ``Conflict`` (``return_above_sale``): never more than was sold, over all returns (I23).
    """
    sold = [p for p in _locked_promises(ref_type, ref_id) if p.state is ReservationState.CONSUMED]
    if any(moves.has_move(promise.lot_id, MoveReason.RETURN, fact_type, fact_id) for promise in sold):
        return False
    if quantity > sum(promise.quantity - promise.returned for promise in sold):
        raise Conflict("return_above_sale")
    for promise in sold:
        part = min(quantity, promise.quantity - promise.returned)
        if part:
            promise.returned += part
            _change_lot_surely(promise.lot_id, Lot.on_hand >= 0, on_hand=Lot.on_hand + part)
            moves.record_move(promise.lot_id, part, MoveReason.RETURN, fact_type, fact_id, actor_id)
            quantity -= part
    db.session.flush()
    return True


# -- the parts -----------------------------------------------------------------------------------------------------


def _free_lapsed(now: datetime, which: ColumnElement[bool]) -> int:
    """Release the lapsed promises on the lots of ``which``: their lots are locked first, then both change as sets."""
    lapsed = select(Reservation.id).where(Reservation.lot_id == Lot.id, queries.hold_has_lapsed(now))
    lots = db.session.scalars(
        select(Lot.id).where(which, lapsed.exists()).order_by(*queries.shelf_order()).with_for_update()
    ).all()
    if not lots:
        return 0
    freed: Counter[int] = Counter()
    rows = db.session.execute(
        update(Reservation)
        .where(Reservation.lot_id.in_(lots), queries.hold_has_lapsed(now))
        .values(state=ReservationState.RELEASED)
        .returning(Reservation.lot_id, Reservation.quantity, Reservation.id)
        .execution_options(synchronize_session=False)
    ).all()
    for lot_id, quantity, reservation_id in rows:
        freed[lot_id] += quantity
        _forget(Reservation, reservation_id)
    for lot_id, quantity in freed.items():
        _change_lot_surely(lot_id, Lot.reserved >= quantity, reserved=Lot.reserved - quantity)
    return freed.total()


def _locked_promises(ref_type: str, ref_id: str) -> Sequence[Reservation]:
    """The promises of ``ref``, read afresh after their lots are locked."""
    mine = select(Reservation.lot_id).where(Reservation.ref_type == ref_type, Reservation.ref_id == ref_id)
    db.session.execute(select(Lot.id).where(Lot.id.in_(mine)).order_by(*queries.shelf_order()).with_for_update()).all()
    return db.session.scalars(
        select(Reservation)
        .where(Reservation.ref_type == ref_type, Reservation.ref_id == ref_id)
        .order_by(Reservation.lot_id)
        .execution_options(populate_existing=True)
    ).all()


def _change_lot(lot_id: int, *conditions: ColumnElement[bool], **values: object) -> bool:
    """One UPDATE of one lot under ``conditions``; whether it took place."""
    statement = update(Lot).where(Lot.id == lot_id, *conditions).values(**values)
    is_changed = changed_one(statement)
    _forget(Lot, lot_id)
    return is_changed


def _change_lot_surely(lot_id: int, *conditions: ColumnElement[bool], **values: object) -> None:
    if not _change_lot(lot_id, *conditions, **values):
        raise RuntimeError(f"lot {lot_id} does not hold what its reservations say")


def _forget(model: type[Lot] | type[Reservation], row_id: int) -> None:
    """Let the session read a row anew that was changed behind its back."""
    loaded = db.session.identity_map.get(identity_key(model, row_id))
    if loaded is not None:
        db.session.expire(loaded)
