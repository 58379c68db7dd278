"""Payments that asked for a fee or a sale before another one took their place."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Base
from marketplace.stalls.models.fees import MarketFee
from marketplace.stalls.models.sales import Sale


class FormerPayment(Base):
    """A payment whose code was replaced: the fee got another amount, or the bank took the money back.

    Money that still comes with the old code waits for a person, who has to know whose it is.
    """

    __tablename__ = "stall_former_payment"
    __table_args__ = (CheckConstraint("(fee_id IS NULL) <> (sale_id IS NULL)", name="one_owner"),)

    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), primary_key=True, autoincrement=False)
    fee_id: Mapped[int | None] = mapped_column(ForeignKey("market_fee.id"), index=True)
    sale_id: Mapped[int | None] = mapped_column(ForeignKey("stall_sale.id"), index=True)
    replaced_at: Mapped[datetime]
    fee: Mapped[MarketFee | None] = relationship()
    sale: Mapped[Sale | None] = relationship()
