"""The verbs of a cart. It promises nothing: what is in it can be gone or dearer when the order is placed."""

import secrets
from datetime import datetime

from sqlalchemy import delete, select

from marketplace.cart import queries
from marketplace.cart.errors import CartNotFound, NotSold, StockShort
from marketplace.cart.models import Cart, CartItem
from marketplace.core import clock
from marketplace.core.db import db, insert_ignoring_duplicates
from marketplace.core.errors import Conflict
from marketplace.storefront.sellable import Offer, offer_for

#: So many different packs fit into one cart, and so many of each.
MAX_LINES = 50
MAX_QUANTITY = 999


def start_cart() -> Cart:
    """A new cart of nobody; whoever holds its secret token may change it."""
    moment = clock.now()
    cart = Cart(token=secrets.token_urlsafe(32), created_at=moment, changed_at=moment)
    db.session.add(cart)
    db.session.flush()
    return cart


def start_cart_of(user_id: int) -> Cart:
    """The one cart of a person, made when it does not exist yet."""
    moment = clock.now()
    values = {"token": secrets.token_urlsafe(32), "user_id": user_id, "created_at": moment, "changed_at": moment}
    insert_ignoring_duplicates(Cart, values, keys=["user_id"])
    return db.session.scalars(select(Cart).where(Cart.user_id == user_id)).one()


def add(cart: Cart, pack_id: int, quantity: int) -> CartItem:
    """Put ``quantity`` more of a pack into the cart.

    Raises ``NotSold`` for a pack that cannot be bought now, ``StockShort`` when the cart would hold more than there
    is (S1), ``Conflict`` (``cart_full``). Refused means unchanged.
    """
    moment = _lock(cart)
    item = _find_item(cart, pack_id)
    wanted = quantity + (item.quantity if item else 0)
    _check_stock(pack_id, wanted, moment)
    if item is None:
        if len(cart.items) >= MAX_LINES:
            raise Conflict("cart_full", highest=MAX_LINES)
        item = CartItem(pack_id=pack_id, quantity=wanted)
        cart.items.append(item)
    item.quantity = wanted
    cart.changed_at = moment
    db.session.flush()
    return item


def change(cart: Cart, pack_id: int, quantity: int) -> None:
    """Set how many of a pack that is in the cart are wanted. Raises like ``add``; ``NotSold`` when it is not in it."""
    moment = _lock(cart)
    item = _find_item(cart, pack_id)
    if item is None:
        raise NotSold(pack_id)
    _check_stock(pack_id, quantity, moment)
    item.quantity = quantity
    cart.changed_at = moment
    db.session.flush()


def remove(cart: Cart, pack_id: int) -> None:
    """Take a pack out of the cart; nothing happens when it is not in it."""
    moment = _lock(cart)
    item = _find_item(cart, pack_id)
    if item is not None:
        cart.items.remove(item)
        cart.changed_at = moment
        db.session.flush()


def lock_cart(cart_id: int) -> Cart:
    """The cart, read under its row's lock (held until the transaction ends). Raises ``NoResultFound`` without one."""
    return db.session.scalars(select(Cart).where(Cart.id == cart_id).with_for_update()).one()


def empty(cart: Cart) -> None:
    """Take everything out of a locked cart, as after placing an order."""
    db.session.execute(delete(CartItem).where(CartItem.cart_id == cart.id))
    cart.changed_at = clock.now()
    db.session.flush()
    db.session.expire(cart, ["items"])


def confirm_age(cart: Cart) -> None:
    """Remember that the buyer says to be 18 or older."""
    cart.age_confirmed_at = _lock(cart)
    db.session.flush()


def claim(token: str, user_id: int) -> Cart:
    """Make the cart of a browser that of the person who signed in there.

    The quantities of both are summed, but never above what is there now; the browser's cart is left empty and
    its token is of no more use for the goods. Raises ``CartNotFound`` when ``token`` is not that of a guest's cart.
    """
    guest = queries.find_guest_cart(token)
    if guest is None:
        raise CartNotFound
    own = start_cart_of(user_id)
    for cart in sorted((guest, own), key=lambda cart: cart.id):
        moment = _lock(cart)
    offers = offer_for([item.pack_id for item in guest.items], moment)
    for item in guest.items:
        _merge(own, item, offers.get(item.pack_id))
    own.age_confirmed_at = own.age_confirmed_at or guest.age_confirmed_at
    own.changed_at = guest.changed_at = moment
    guest.items.clear()
    db.session.flush()
    return own


def _merge(own: Cart, item: CartItem, offer: Offer | None) -> None:
    kept = _find_item(own, item.pack_id)
    if kept is None:
        if len(own.items) < MAX_LINES:
            own.items.append(CartItem(pack_id=item.pack_id, quantity=item.quantity))
        return
    ceiling = min(offer.available, MAX_QUANTITY) if offer else kept.quantity
    kept.quantity = max(1, min(kept.quantity + item.quantity, ceiling))


def _lock(cart: Cart) -> datetime:
    db.session.execute(select(Cart.id).where(Cart.id == cart.id).with_for_update())
    db.session.refresh(cart, ["items"])
    return clock.now()


def _find_item(cart: Cart, pack_id: int) -> CartItem | None:
    return next((item for item in cart.items if item.pack_id == pack_id), None)


def _check_stock(pack_id: int, quantity: int, moment: datetime) -> None:
    offer = offer_for([pack_id], moment).get(pack_id)
    if offer is None:
        raise NotSold(pack_id)
    if quantity > min(offer.available, MAX_QUANTITY):
        raise StockShort(pack_id, product=offer.product.name, left=min(offer.available, MAX_QUANTITY))
