"""Those who sell."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Base, enum_column
from marketplace.core.money import Dong
from marketplace.places.models import AdminUnit


class ProducerKind(StrEnum):
    """Kinds of OCOP subject (chủ thể), decision 919/QĐ-TTg and the sources of domain research 1.6."""

    COOPERATIVE = "cooperative"
    COOPERATIVE_GROUP = "cooperative_group"
    COMPANY = "company"
    HOUSEHOLD_BUSINESS = "household_business"
    CRAFT_VILLAGE_OR_FARM = "craft_village_or_farm"


class ProducerState(StrEnum):
    """Verification by the operator; a suspension remembers where it came from."""

    PENDING = "pending"
    VERIFIED = "verified"
    REJECTED = "rejected"
    SUSPENDED = "suspended"


class Producer(Base):
    """A cooperative, co-op group, company, household business, craft village or farm."""

    __tablename__ = "producer"
    __table_args__ = (
        CheckConstraint("delivery_fee BETWEEN 0 AND 10000000", name="delivery_fee"),
        CheckConstraint("(state = 'suspended') = (state_before_suspension IS NOT NULL)", name="suspension"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[ProducerKind] = mapped_column(enum_column(ProducerKind, "kind"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    name_fold: Mapped[str] = mapped_column(String(200))
    tax_code: Mapped[str | None] = mapped_column(String(14))
    commune_id: Mapped[int] = mapped_column(ForeignKey("admin_unit.id"), index=True)
    #: The unit before 1 July 2025, where the source names it: reports on former communes need it.
    former_commune_id: Mapped[int | None] = mapped_column(ForeignKey("admin_unit.id"), index=True)
    address_line: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str | None] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(Text, default="")
    #: What one delivery of this producer costs the buyer, whatever is in it.
    delivery_fee: Mapped[Dong] = mapped_column(default=Dong(0))
    state: Mapped[ProducerState] = mapped_column(enum_column(ProducerState, "state"), index=True)
    state_before_suspension: Mapped[ProducerState | None] = mapped_column(
        enum_column(ProducerState, "state_before_suspension")
    )
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    registered_at: Mapped[datetime]
    commune: Mapped[AdminUnit] = relationship(foreign_keys=[commune_id])


class ProducerEvent(Base):
    """One step of a producer's verification: who, when, why."""

    __tablename__ = "producer_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    producer_id: Mapped[int] = mapped_column(ForeignKey("producer.id"), index=True)
    from_state: Mapped[str | None] = mapped_column(String(32))
    to_state: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text, default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    producer: Mapped[Producer] = relationship()
