"""Administrative units with their vintage, links from old to new, and later changes."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Optional

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Base, enum_column


class Level(StrEnum):
    """Levels of administration; districts ended on 30 June 2025."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class AdminUnit(Base):
    """One unit of one vintage. A code alone names nothing: 1,798 codes were used again under another name."""

    __tablename__ = "admin_unit"
    __table_args__ = (
        UniqueConstraint("vintage", "level", "code"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="validity"),
        Index(None, "vintage", "level", "name_fold"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(5))
    #: ``2025-07`` for the units of 1 July 2025, ``pre-2025`` for those before.
    vintage: Mapped[str] = mapped_column(String(10))
    level: Mapped[Level] = mapped_column(enum_column(Level, "level"))
    #: Kind as written today: tỉnh, thành phố, xã, phường, đặc khu, thị trấn, huyện ...
    kind: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(80))
    full_name: Mapped[str] = mapped_column(String(110))
    name_fold: Mapped[str] = mapped_column(String(110))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("admin_unit.id"), index=True)
    valid_from: Mapped[date | None]
    #: First day on which the unit no longer exists; None while it does.
    valid_to: Mapped[date | None]
    parent: Mapped[Optional["AdminUnit"]] = relationship(remote_side=[id])


class UnitLink(Base):
    """An old unit's land in a new one; several rows of one old unit mean that it was split."""

    __tablename__ = "unit_link"
    __table_args__ = (UniqueConstraint("old_id", "new_id", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    old_id: Mapped[int] = mapped_column(ForeignKey("admin_unit.id"))
    new_id: Mapped[int] = mapped_column(ForeignKey("admin_unit.id"), index=True)
    valid_from: Mapped[date]
    #: Part of the old unit that went there, 0..1, where a source says so.
    share: Mapped[Decimal | None] = mapped_column(Numeric(6, 5))
    is_split: Mapped[bool] = mapped_column(default=False)


class UnitChange(Base):
    """A later change of kind or name of a unit that goes on existing, with its source."""

    __tablename__ = "unit_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("admin_unit.id"), index=True)
    changed_on: Mapped[date]
    field: Mapped[str] = mapped_column(String(10))
    old_value: Mapped[str] = mapped_column(String(110))
    new_value: Mapped[str] = mapped_column(String(110))
    source: Mapped[str] = mapped_column(String(300))
