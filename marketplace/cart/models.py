"""A cart: what somebody means to buy. It holds no price and reserves nothing."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalogue.models import Pack
from marketplace.core.db import Base


class Cart(Base):
    """One cart of a browser (``token`` in its session) or of a signed-in buyer."""

    __tablename__ = "cart"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    #: None for the cart of a browser or a program; a person has one cart on all devices.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), unique=True)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    #: When the buyer said to be 18 or older; alcohol is not sold without it (Law 44/2019/QH14).
    age_confirmed_at: Mapped[datetime | None]
    items: Mapped[list["CartItem"]] = relationship(
        back_populates="cart", order_by="CartItem.id", cascade="all, delete-orphan"
    )


class CartItem(Base):
    """So many of one pack."""

    __tablename__ = "cart_item"
    __table_args__ = (
        UniqueConstraint("cart_id", "pack_id"),
        CheckConstraint("quantity BETWEEN 1 AND 999", name="quantity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cart_id: Mapped[int] = mapped_column(ForeignKey("cart.id"))
    pack_id: Mapped[int] = mapped_column(ForeignKey("pack.id"))
    quantity: Mapped[int]
    cart: Mapped[Cart] = relationship(back_populates="items")
    pack: Mapped[Pack] = relationship()
