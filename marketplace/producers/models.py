"""Those who sell."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from marketplace.accounts.models import User
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


#: Hours that a changed account rests before money goes there: time to notice a change that nobody of the team made.
REST = timedelta(hours=48)
_IN_FORCE = text("state <> 'replaced'")


class PayoutAccountState(StrEnum):
    """What an operator found about the account; a newer account replaces it."""

    WAITING = "waiting"
    VERIFIED = "verified"
    REFUSED = "refused"
    REPLACED = "replaced"


class NamedAccount:
    """Columns of a bank account that somebody named and another person decides about: never edited, only replaced."""

    id: Mapped[int] = mapped_column(primary_key=True)
    bank_bin: Mapped[str] = mapped_column(String(6))
    account_number: Mapped[str] = mapped_column(String(19))
    holder: Mapped[str] = mapped_column(String(70))
    state: Mapped[PayoutAccountState] = mapped_column(enum_column(PayoutAccountState, "state"))
    changed_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")

    @property
    def masked_number(self) -> str:
        """The account number as pages show it: its last four characters."""
        return "•••• " + self.account_number[-4:]


class RestingAccount(NamedAccount):
    """Columns of an account that money is paid out to. A change is a new row; bank, number and holder never change.

    Money goes there only when another person has verified it, and not before ``rests_until`` (I34).
    """

    changed_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    rests_until: Mapped[datetime]

    @declared_attr
    @classmethod
    def changed_by(cls) -> Mapped[User]:
        """Who named the account."""
        return relationship(foreign_keys=[cls.changed_by_id])

    def may_be_paid(self, moment: datetime) -> bool:
        """Whether money may go there at ``moment``: verified, not replaced, and rested."""
        return self.state == PayoutAccountState.VERIFIED and moment >= self.rests_until


def rules_of_decision() -> tuple[CheckConstraint, ...]:
    """What the database itself holds about every account that somebody named: another person decides, at a moment."""
    return (
        CheckConstraint("decided_by_id <> changed_by_id", name="second_person"),
        CheckConstraint("(decided_by_id IS NULL) = (decided_at IS NULL)", name="decided"),
    )


def rules_of_account(table: str, owner: str) -> tuple[CheckConstraint | UniqueConstraint | Index, ...]:
    """As ``rules_of_decision``, for accounts of ``table`` in force, each of the ``owner`` that this column names."""
    return (
        *rules_of_decision(),
        CheckConstraint("state NOT IN ('verified', 'refused') OR decided_at IS NOT NULL", name="decision"),
        # Named by payouts, so that the database itself keeps them behind the rest.
        UniqueConstraint("id", owner, "rests_until"),
        Index(f"uq_{table}_in_force", owner, unique=True, sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE),
    )


class PayoutAccount(RestingAccount, Base):
    """A bank account that a producer's money goes to."""

    __tablename__ = "payout_account"
    __table_args__ = rules_of_account("payout_account", "producer_id")

    producer_id: Mapped[int] = mapped_column(ForeignKey("producer.id"), index=True)
    producer: Mapped[Producer] = relationship()
