"""Reading a cart: what it would cost now, grouped by producer, and why a line cannot be bought any more."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from marketplace.cart.models import Cart, CartItem
from marketplace.catalogue.models import Pack, Product
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.producers.models import Producer
from marketplace.storefront.sellable import Offer, Reason, offer_for, reasons_against


@dataclass(frozen=True)
class CartLine:
    """One pack in a cart: its offer of this moment, or the reasons why there is none."""

    pack: Pack
    quantity: int
    offer: Offer | None
    reasons: Sequence[Reason]

    @property
    def available(self) -> int:
        """How many could be had now."""
        return self.offer.available if self.offer else 0

    @property
    def is_short(self) -> bool:
        """On sale, but not that many are left."""
        return self.offer is not None and self.quantity > self.offer.available

    @property
    def can_be_bought(self) -> bool:
        """On sale, and enough of it is there."""
        return self.offer is not None and not self.is_short

    @property
    def total(self) -> Dong:
        """Dong for the line; 0 for what is not on sale."""
        return Dong(self.offer.unit_price * self.quantity) if self.offer else Dong(0)


@dataclass(frozen=True)
class CartGroup:
    """One producer's lines with what its delivery costs; a producer without anything on sale delivers nothing."""

    producer: Producer
    lines: Sequence[CartLine]

    @property
    def goods_total(self) -> Dong:
        """Dong for the goods."""
        return Dong(sum(line.total for line in self.lines))

    @property
    def delivery_fee(self) -> Dong:
        """Dong for the delivery, flat per producer."""
        return self.producer.delivery_fee if any(line.offer for line in self.lines) else Dong(0)

    @property
    def total(self) -> Dong:
        """Dong for goods and delivery."""
        return Dong(self.goods_total + self.delivery_fee)


@dataclass(frozen=True)
class CartView:
    """A whole cart as a page or program shows it."""

    groups: Sequence[CartGroup]
    is_age_confirmed: bool

    @property
    def lines(self) -> list[CartLine]:
        """All lines, group by group."""
        return [line for group in self.groups for line in group.lines]

    @property
    def goods_total(self) -> Dong:
        """Dong for all goods."""
        return Dong(sum(group.goods_total for group in self.groups))

    @property
    def delivery_total(self) -> Dong:
        """Dong for all deliveries."""
        return Dong(sum(group.delivery_fee for group in self.groups))

    @property
    def total(self) -> Dong:
        """Dong to pay."""
        return Dong(self.goods_total + self.delivery_total)

    @property
    def has_alcohol(self) -> bool:
        """Whether something on sale here needs the buyer to be 18 or older."""
        return any(line.offer is not None and line.offer.is_alcohol for line in self.lines)

    @property
    def needs_age(self) -> bool:
        """Whether the age has still to be confirmed."""
        return self.has_alcohol and not self.is_age_confirmed

    @property
    def can_check_out(self) -> bool:
        """Not empty, every line can be bought, the age is confirmed where it matters."""
        return bool(self.groups) and all(line.can_be_bought for line in self.lines) and not self.needs_age

    @property
    def quote(self) -> str:
        """A mark over packs, quantities, prices and fees: another one means that the cart costs something else now."""
        parts = [f"{line.pack.id}x{line.quantity}@{line.total if line.offer else '-'}" for line in self.lines]
        parts += [f"{group.producer.id}+{group.delivery_fee}" for group in self.groups]
        return hashlib.sha256(";".join(sorted(parts)).encode()).hexdigest()[:32]


def find_guest_cart(token: str) -> Cart | None:
    """The cart of a browser or program by its secret token; carts of persons are never found this way."""
    return db.session.scalars(select(Cart).where(Cart.token == token, Cart.user_id.is_(None))).one_or_none()


def find_cart_of(user_id: int) -> Cart | None:
    """The cart of a person, or None."""
    return db.session.scalars(select(Cart).where(Cart.user_id == user_id)).one_or_none()


def count_packs(*, token: str | None, user_id: int | None) -> int:
    """How many packs lie in the guest's cart ``token`` and in the person's own together."""
    whose = or_((Cart.token == token) & Cart.user_id.is_(None), (Cart.user_id == user_id) & Cart.user_id.is_not(None))
    statement = select(func.coalesce(func.sum(CartItem.quantity), 0)).join(CartItem.cart).where(whose)
    return int(db.session.scalar(statement) or 0)


def view_of(cart: Cart | None, moment: datetime) -> CartView:
    """What the cart holds and costs at ``moment`` (UTC), by producer in the order in which things were put in."""
    if cart is None:
        return CartView((), is_age_confirmed=False)
    product = joinedload(CartItem.pack).joinedload(Pack.product)
    statement = (
        select(CartItem)
        .where(CartItem.cart_id == cart.id)
        .order_by(CartItem.id)
        .options(product.joinedload(Product.producer))
    )
    items = db.session.scalars(statement).all()
    offers = offer_for([item.pack_id for item in items], moment)
    groups: dict[int, list[CartLine]] = {}
    for item in items:
        groups.setdefault(item.pack.product.producer_id, []).append(_line(item, offers.get(item.pack_id), moment))
    return CartView(
        [CartGroup(lines[0].pack.product.producer, lines) for lines in groups.values()],
        is_age_confirmed=cart.age_confirmed_at is not None,
    )


def _line(item: CartItem, offer: Offer | None, moment: datetime) -> CartLine:
    reasons = () if offer else reasons_against(pack_id=item.pack_id, moment=moment)
    return CartLine(item.pack, item.quantity, offer, reasons)
