"""The bank accounts that traders are paid on, and who confirmed them."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import User
from marketplace.core.db import Base
from marketplace.producers.models import NamedAccount, PayoutAccountState, rules_of_decision
from marketplace.stalls.models.markets import Stall

_VERIFIED, _WAITING = text("state = 'verified'"), text("state = 'waiting'")


class StallAccount(NamedAccount, Base):
    """A bank account that was named for a stall. A change is a new row; bank, number and holder never change.

    The verified one is in force, and a copy of it stands on the stall; a newer one waits beside it (ADR 0010).
    """

    __tablename__ = "stall_account"
    __table_args__ = (
        *rules_of_decision(),
        CheckConstraint("state <> 'verified' OR decided_at IS NOT NULL OR is_taken_over", name="verified"),
        CheckConstraint("state <> 'refused' OR (decided_at IS NOT NULL AND length(reason) > 0)", name="refused"),
        CheckConstraint("changed_by_id IS NOT NULL OR is_taken_over", name="changed_by"),
        Index("uq_stall_account_in_force", "stall_id", unique=True, sqlite_where=_VERIFIED, postgresql_where=_VERIFIED),
        Index("uq_stall_account_waiting", "stall_id", unique=True, sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    stall_id: Mapped[int] = mapped_column(ForeignKey("stall.id"), index=True)
    #: In use since before accounts were confirmed: who named it is not known, and nobody need have confirmed it.
    is_taken_over: Mapped[bool] = mapped_column(default=False)
    #: Who named it; known unless it was taken over.
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    stall: Mapped[Stall] = relationship()
    changed_by: Mapped[User | None] = relationship(foreign_keys=[changed_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys="StallAccount.decided_by_id")

    @property
    def is_unproven(self) -> bool:
        """Whether it is in force only because it was taken over: nobody has verified it."""
        return self.state is PayoutAccountState.VERIFIED and self.decided_at is None
