"""Lots, moves and reservations. Quantities change only by the guarded UPDATE of this room's services."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalogue.models import Pack, Product
from marketplace.core.cardnumbers import suspects_index
from marketplace.core.db import Base, enum_column


class LotState(StrEnum):
    """Only an open lot takes reservations."""

    OPEN = "open"
    BLOCKED = "blocked"
    RECALLED = "recalled"


class MoveReason(StrEnum):
    """Why stock moved."""

    RECEIPT = "receipt"
    SALE = "sale"
    RETURN = "return"
    ADJUSTMENT = "adjustment"


class ReservationState(StrEnum):
    """Held until consumed by a sale or released (cancelled, expired)."""

    HELD = "held"
    CONSUMED = "consumed"
    RELEASED = "released"


class Lot(Base):
    """Packs of one size made together. ``on_hand`` counts what is in store, ``reserved`` what is promised of it."""

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint("product_id", "code"),
        CheckConstraint("0 <= reserved AND reserved <= on_hand", name="quantity"),
        CheckConstraint("expires_on IS NULL OR expires_on > made_on", name="dates"),
        Index(None, "pack_id", "state", "expires_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    pack_id: Mapped[int] = mapped_column(ForeignKey("pack.id"))
    code: Mapped[str] = mapped_column(String(40))
    #: Random and public: the address of the trace page ``/t/<trace_code>``.
    trace_code: Mapped[str] = mapped_column(String(16), unique=True)
    made_on: Mapped[date]
    #: First calendar day on which the lot may no longer be sold; None for goods without a shelf life.
    expires_on: Mapped[date | None]
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    state: Mapped[LotState] = mapped_column(enum_column(LotState, "state"))
    state_reason: Mapped[str] = mapped_column(Text, default="")
    state_changed_at: Mapped[datetime | None]
    planting_area_code: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]
    product: Mapped[Product] = relationship()
    pack: Mapped[Pack] = relationship()


class StockMove(Base):
    """One change of ``on_hand``; a fact (``reason``, ``ref_type``, ``ref_id``) moves a lot once (I21)."""

    __tablename__ = "stock_move"
    __table_args__ = (
        UniqueConstraint("lot_id", "reason", "ref_type", "ref_id"),
        CheckConstraint("delta <> 0", name="delta"),
        suspects_index("stock_move", "note"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    delta: Mapped[int]
    reason: Mapped[MoveReason] = mapped_column(enum_column(MoveReason, "reason"))
    ref_type: Mapped[str] = mapped_column(String(40))
    ref_id: Mapped[str] = mapped_column(String(80))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: Why an adjustment was made, in the producer's words.
    note: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime]
    lot: Mapped[Lot] = relationship()


class LotEvent(Base):
    """One change of a lot's state: who, when, why. The public trace page shows the whole history (P17)."""

    __tablename__ = "lot_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    from_state: Mapped[str | None] = mapped_column(String(32))
    to_state: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text, default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


class Reservation(Base):
    """A promise on a lot with a deadline; ``ref`` names who holds it (an order line)."""

    __tablename__ = "reservation"
    __table_args__ = (
        UniqueConstraint("lot_id", "ref_type", "ref_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("0 <= returned AND returned <= quantity", name="returned"),
        Index(None, "ref_type", "ref_id"),
        Index(None, "lot_id", "state", "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    quantity: Mapped[int]
    #: How many of the sold packs came back; never more than were sold (I23).
    returned: Mapped[int] = mapped_column(default=0)
    state: Mapped[ReservationState] = mapped_column(enum_column(ReservationState, "state"))
    #: None: held until released by a person or a sale (cash on delivery).
    expires_at: Mapped[datetime | None]
    ref_type: Mapped[str] = mapped_column(String(40))
    ref_id: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    lot: Mapped[Lot] = relationship()
