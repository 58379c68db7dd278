"""Markets and cashless streets, their stalls, and whose goods a stall sells."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Base, enum_column
from marketplace.places.models import AdminUnit


class MarketKind(StrEnum):
    """Chợ or tuyến đường thanh toán không dùng tiền mặt."""

    MARKET = "market"
    STREET = "street"


class Market(Base):
    """A market or a street with stalls."""

    __tablename__ = "market"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[MarketKind] = mapped_column(enum_column(MarketKind, "kind"))
    name: Mapped[str] = mapped_column(String(160))
    commune_id: Mapped[int] = mapped_column(ForeignKey("admin_unit.id"), index=True)
    former_commune_id: Mapped[int | None] = mapped_column(ForeignKey("admin_unit.id"), index=True)
    #: Whether the market board takes its fees without cash (indicator M3).
    collects_fees_cashless: Mapped[bool] = mapped_column(default=False)
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime]
    commune: Mapped[AdminUnit] = relationship(foreign_keys=[commune_id])
    former_commune: Mapped[AdminUnit | None] = relationship(foreign_keys=[former_commune_id])


class Stall(Base):
    """One trader's place. Money of a QR sale goes to the trader's own bank account, never through us."""

    __tablename__ = "stall"
    __table_args__ = (
        UniqueConstraint("market_id", "number"),
        CheckConstraint("(bank_bin IS NULL) = (bank_account IS NULL)", name="bank_account"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey("market.id"))
    number: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    goods: Mapped[str] = mapped_column(String(120), default="")
    #: The account in force: a copy of the stall's verified account (K04); empty until the first one is confirmed.
    bank_bin: Mapped[str | None] = mapped_column(String(6))
    bank_account: Mapped[str | None] = mapped_column(String(19))
    bank_holder: Mapped[str | None] = mapped_column(String(120))
    #: When the trader first had a payment QR (indicator M1).
    qr_since: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    opened_at: Mapped[datetime]
    #: The number of the last sale whose money was recognised; moved by one UPDATE, which also queues whoever counts.
    last_sequence: Mapped[int] = mapped_column(default=0)
    market: Mapped[Market] = relationship()

    @property
    def takes_qr(self) -> bool:
        """Whether a transfer can reach the trader: the stall is open and its bank account is confirmed."""
        return self.is_active and self.bank_account is not None


class StallProducer(Base):
    """The stall sells this producer's goods, from the producer's store."""

    __tablename__ = "stall_producer"

    id: Mapped[int] = mapped_column(primary_key=True)
    stall_id: Mapped[int] = mapped_column(ForeignKey("stall.id"), unique=True)
    producer_id: Mapped[int] = mapped_column(ForeignKey("producer.id"), index=True)
    linked_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    linked_at: Mapped[datetime]
