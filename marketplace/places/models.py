"""Administrative units with their vintage, links from old to new, and later changes."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Optional

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Base, enum_column

#: The units of 1 July 2025 (two levels), and those of the day before (three levels).
VINTAGE_2025 = "2025-07"
VINTAGE_BEFORE = "pre-2025"


class Level(StrEnum):
    """Levels of administration; districts ended on 30 June 2025."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class AdminUnit(Base):
    """One unit of one vintage. A code alone names nothing: about 1,800 codes were used again for another name."""

    __tablename__ = "admin_unit"
    __table_args__ = (
        UniqueConstraint("vintage", "level", "code"),
        CheckConstraint("valid_to IS NULL OR valid_from IS NULL OR valid_to > valid_from", name="validity"),
        Index(None, "vintage", "level", "name_fold"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(5))
    #: ``2025-07`` for the units of 1 July 2025, ``pre-2025`` for those before.
    vintage: Mapped[str] = mapped_column(String(10))
    level: Mapped[Level] = mapped_column(enum_column(Level, "level"))
    #: Kind as written today, in small letters: tỉnh, thành phố, xã, phường, đặc khu, thị trấn, huyện ...
    kind: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(80))
    #: Kind and name as people write them: ``Xã Thoại Sơn``.
    full_name: Mapped[str] = mapped_column(String(110))
    name_fold: Mapped[str] = mapped_column(String(110))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("admin_unit.id"), index=True)
    valid_from: Mapped[date | None]
    #: First day on which the unit no longer exists; None while it does.
    valid_to: Mapped[date | None]
    parent: Mapped[Optional["AdminUnit"]] = relationship(remote_side=[id])

    def existed_on(self, day: date) -> bool:
        """Whether the unit was in force on ``day`` (a calendar day in Vietnam); an unrecorded founding day is early."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)

    @property
    def lineage(self) -> list["AdminUnit"]:
        """The unit itself and the units above it, smallest first."""
        above = self.parent.lineage if self.parent else []
        return [self, *above]

    @property
    def parent_code(self) -> str | None:
        """The code of the unit above, in the same vintage."""
        return self.parent.code if self.parent else None

    @property
    def address(self) -> str:
        """``Xã Thoại Giang, Huyện Thoại Sơn, Tỉnh An Giang``."""
        return ", ".join(unit.full_name for unit in self.lineage)


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
    __table_args__ = (UniqueConstraint("unit_id", "changed_on", "field"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("admin_unit.id"))
    changed_on: Mapped[date]
    #: ``kind`` or ``name``.
    field: Mapped[str] = mapped_column(String(10))
    old_value: Mapped[str] = mapped_column(String(110))
    new_value: Mapped[str] = mapped_column(String(110))
    source: Mapped[str] = mapped_column(String(300))


def full_name_of(kind: str, name: str) -> str:
    """``xã`` and ``Thoại Sơn`` as people write them: ``Xã Thoại Sơn``."""
    return f"{kind[:1].upper()}{kind[1:]} {name}"
