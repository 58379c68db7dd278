"""Plans and their targets, definitions of indicators, and denominators that people declare."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Base, enum_column


class ValueUnit(StrEnum):
    """What an indicator's value is counted in."""

    PERCENT = "percent"
    COUNT = "count"
    DONG = "dong"


class DenominatorSource(StrEnum):
    """Whether the shop can count the denominator itself or an officer must declare it."""

    COMPUTED = "computed"
    DECLARED = "declared"
    NONE = "none"


class IndicatorDefinition(Base):
    """One version of one indicator: what is counted over what, by which source."""

    __tablename__ = "indicator_definition"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]
    name_vi: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    numerator_vi: Mapped[str] = mapped_column(Text)
    numerator_en: Mapped[str] = mapped_column(Text)
    denominator_vi: Mapped[str] = mapped_column(Text)
    denominator_en: Mapped[str] = mapped_column(Text)
    denominator_source: Mapped[DenominatorSource] = mapped_column(enum_column(DenominatorSource, "denominator_source"))
    unit: Mapped[ValueUnit] = mapped_column(enum_column(ValueUnit, "unit"))
    source: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    position: Mapped[int]


class Plan(Base):
    """A plan of an authority with its targets; ``unit_id`` None means the whole country."""

    __tablename__ = "plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    number: Mapped[str] = mapped_column(String(60))
    name_vi: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    issuer: Mapped[str] = mapped_column(String(160))
    #: None where the source names no day.
    issued_on: Mapped[date | None]
    #: The last calendar year that its targets were set for; None where the source names none.
    targets_until: Mapped[int | None]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("admin_unit.id"))
    source: Mapped[str] = mapped_column(Text)


class Target(Base):
    """What a plan wants of an indicator: at least ``value`` in the indicator's unit."""

    __tablename__ = "plan_target"
    __table_args__ = (UniqueConstraint("plan_id", "indicator_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"))
    indicator_code: Mapped[str] = mapped_column(String(16))
    value: Mapped[Decimal] = mapped_column(Numeric(16, 2))
    quotation: Mapped[str] = mapped_column(Text, default="")
    plan: Mapped[Plan] = relationship()


class DeclaredFigure(Base):
    """A number an officer vouches for: a denominator the shop cannot count. A later row replaces an earlier one."""

    __tablename__ = "declared_figure"
    __table_args__ = (
        CheckConstraint("value >= 0", name="value"),
        Index(None, "key", "unit_id", "counted_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Which quantity, such as ``traders`` or ``producer_units`` (programme.figures lists them).
    key: Mapped[str] = mapped_column(String(40))
    unit_id: Mapped[int] = mapped_column(ForeignKey("admin_unit.id"))
    market_id: Mapped[int | None] = mapped_column(ForeignKey("market.id"))
    value: Mapped[int]
    counted_on: Mapped[date]
    source: Mapped[str] = mapped_column(Text)
    declared_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    declared_at: Mapped[datetime]
    is_illustrative: Mapped[bool] = mapped_column(default=False)
