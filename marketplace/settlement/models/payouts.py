"""Payouts: batches that two people let go, and what producers and boards of markets get in them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from marketplace.accounts.models import User
from marketplace.checkout.models import Earning
from marketplace.core.db import Base, enum_column
from marketplace.core.money import Dong
from marketplace.payments.models import OutgoingTransfer
from marketplace.producers.models import PayoutAccount, Producer, RestingAccount, rules_of_account
from marketplace.stalls.models import Market, MarketFee


class BatchState(StrEnum):
    """What the second operator said."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"


class PayoutBatch(Base):
    """Payouts that one operator asks for and another one approves or refuses (I34)."""

    __tablename__ = "payout_batch"
    __table_args__ = (
        CheckConstraint("decided_by_id <> requested_by_id", name="second_person"),
        CheckConstraint("(state = 'requested') = (decided_by_id IS NULL)", name="decided_by"),
        CheckConstraint("(state = 'requested') = (decided_at IS NULL)", name="decided_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[BatchState] = mapped_column(enum_column(BatchState, "state"), index=True)
    requested_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    requested_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    requested_by: Mapped[User] = relationship(foreign_keys=[requested_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])
    payouts: Mapped[list["Payout"]] = relationship(back_populates="batch", order_by="Payout.id")
    board_payouts: Mapped[list["BoardPayout"]] = relationship(back_populates="batch", order_by="BoardPayout.id")

    @property
    def all_payouts(self) -> list["Payout | BoardPayout"]:
        """What producers get and what boards of markets get."""
        return [*self.payouts, *self.board_payouts]


class PayoutState(StrEnum):
    """Requested -> approved -> sent -> paid; what ends otherwise frees its lines for a later payout."""

    REQUESTED = "requested"
    APPROVED = "approved"
    SENT = "sent"
    PAID = "paid"
    HELD = "held"
    REFUSED = "refused"
    FAILED = "failed"
    RETURNED = "returned"


class OwnPayout:
    """Columns of what one receiver gets in one batch, to the account as it was when it was asked for."""

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("payout_batch.id"))
    account_id: Mapped[int]
    #: Copied from the account, so that the database compares it with the moments below.
    account_rests_until: Mapped[datetime]
    amount: Mapped[Dong]
    state: Mapped[PayoutState] = mapped_column(enum_column(PayoutState, "state"), index=True)
    held_reason: Mapped[str | None] = mapped_column(String(40))
    approved_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    #: When the bank paid it, or when it failed or came back (bank time).
    ended_at: Mapped[datetime | None]
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("outgoing_transfer.id"), unique=True)

    @declared_attr
    @classmethod
    def transfer(cls) -> Mapped[OutgoingTransfer | None]:
        """The transfer that carries it."""
        return relationship()


def _rules_of_payout(
    name: str, account: str, owner: str
) -> tuple[CheckConstraint | UniqueConstraint | ForeignKeyConstraint | Index, ...]:
    """What the database itself holds about payouts to accounts of the table ``account``, of the column ``owner``."""
    return (
        UniqueConstraint("batch_id", owner),
        ForeignKeyConstraint(
            ["account_id", owner, "account_rests_until"],
            [f"{account}.id", f"{account}.{owner}", f"{account}.rests_until"],
            name=name,
        ),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("approved_at >= account_rests_until", name="approved_after_rest"),
        CheckConstraint("sent_at >= account_rests_until", name="sent_after_rest"),
        CheckConstraint("(state IN ('sent', 'paid', 'failed', 'returned')) = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("(sent_at IS NULL) = (transfer_id IS NULL)", name="transfer"),
        CheckConstraint("sent_at IS NULL OR approved_at IS NOT NULL", name="approved"),
        CheckConstraint("(state = 'held') = (held_reason IS NOT NULL)", name="held"),
        Index(None, owner, "state"),
    )


class Payout(OwnPayout, Base):
    """What one producer gets in one batch: the sum of its lines."""

    __tablename__ = "payout"
    __table_args__ = _rules_of_payout("fk_payout_account", "payout_account", "producer_id")

    producer_id: Mapped[int] = mapped_column(ForeignKey("producer.id"))
    batch: Mapped[PayoutBatch] = relationship(back_populates="payouts")
    producer: Mapped[Producer] = relationship(viewonly=True)
    account: Mapped[PayoutAccount] = relationship(
        primaryjoin="Payout.account_id == PayoutAccount.id", foreign_keys="Payout.account_id", viewonly=True
    )
    lines: Mapped[list["PayoutLine"]] = relationship(back_populates="payout", order_by="PayoutLine.id")


_LIVE = text("freed_at IS NULL")


class PayoutLine(Base):
    """One earning in a payout. An earning stands in one payout at a time (I32); only ``freed_at`` is ever set."""

    __tablename__ = "payout_line"
    __table_args__ = (
        Index("uq_payout_line_live", "earning_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payout_id: Mapped[int] = mapped_column(ForeignKey("payout.id"), index=True)
    earning_id: Mapped[int] = mapped_column(ForeignKey("earning.id"), index=True)
    amount: Mapped[Dong]
    #: When the payout ended without paying: the earning is due again.
    freed_at: Mapped[datetime | None]
    payout: Mapped[Payout] = relationship(back_populates="lines")
    earning: Mapped[Earning] = relationship()


# -- boards of markets ---------------------------------------------------------------------------------------------


class BoardAccount(RestingAccount, Base):
    """A bank account of a market's board, under the rules of a producer's."""

    __tablename__ = "board_account"
    __table_args__ = rules_of_account("board_account", "market_id")

    market_id: Mapped[int] = mapped_column(ForeignKey("market.id"), index=True)
    market: Mapped[Market] = relationship()


class BoardPayout(OwnPayout, Base):
    """What a market's board gets in one batch: fees that stalls paid by transfer, under the rules of a payout."""

    __tablename__ = "board_payout"
    __table_args__ = _rules_of_payout("fk_board_payout_account", "board_account", "market_id")

    market_id: Mapped[int] = mapped_column(ForeignKey("market.id"))
    batch: Mapped[PayoutBatch] = relationship(back_populates="board_payouts")
    market: Mapped[Market] = relationship(viewonly=True)
    account: Mapped[BoardAccount] = relationship(
        primaryjoin="BoardPayout.account_id == BoardAccount.id", foreign_keys="BoardPayout.account_id", viewonly=True
    )
    lines: Mapped[list["BoardPayoutLine"]] = relationship(back_populates="payout", order_by="BoardPayoutLine.id")


class BoardPayoutLine(Base):
    """What a market fee brings in a payout; only ``freed_at`` is ever set.

    That is the whole fee, once. Only when the bank took back what had been paid out, and the fee was paid again with a
    larger amount, what it is more stands in a later payout as another part.
    """

    __tablename__ = "board_payout_line"
    __table_args__ = (
        Index("uq_board_payout_line_part", "fee_id", "part", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payout_id: Mapped[int] = mapped_column(ForeignKey("board_payout.id"), index=True)
    fee_id: Mapped[int] = mapped_column(ForeignKey("market_fee.id"), index=True)
    #: Numbers the living lines of a fee, so that nobody pays the same part twice.
    part: Mapped[int] = mapped_column(default=1, server_default="1")
    amount: Mapped[Dong]
    #: When the payout ended without paying: the fee is due to the board again.
    freed_at: Mapped[datetime | None]
    payout: Mapped[BoardPayout] = relationship(back_populates="lines")
    fee: Mapped[MarketFee] = relationship()
