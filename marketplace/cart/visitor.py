"""Whose cart a request means: that of the person, of the browser's session, or of the program's token."""

from flask import has_request_context, request, session

from marketplace.cart import queries, services
from marketplace.cart.errors import CartNotFound
from marketplace.cart.models import Cart
from marketplace.core.db import transaction
from marketplace.web.auth import current_user

_SESSION_KEY = "cart"
TOKEN_HEADER = "X-Cart-Token"  # noqa: S105  # the name of a header


def find_cart() -> Cart | None:
    """The visitor's cart, or None. A guest's cart becomes the person's own once somebody has signed in."""
    user, token = current_user(), session.get(_SESSION_KEY)
    if user is None:
        return queries.find_guest_cart(token) if token else None
    user_id = user.id
    if token:
        _claim(token, user_id)
    return queries.find_cart_of(user_id)


def start_cart() -> Cart:
    """The visitor's cart, made now when there is none. Inside a transaction."""
    user, token = current_user(), session.get(_SESSION_KEY)
    if user is not None:
        return services.start_cart_of(user.id)
    cart = queries.find_guest_cart(token) if token else None
    if cart is None:
        cart = services.start_cart()
        session[_SESSION_KEY] = cart.token
        session.permanent = True
    return cart


def cart_of_program() -> Cart:
    """The cart that ``X-Cart-Token`` names, else the own cart of who signed the call. Raises ``CartNotFound``."""
    token, user = request.headers.get(TOKEN_HEADER), current_user()
    own = queries.find_cart_of(user.id) if user else None
    cart = queries.find_guest_cart(token) if token else own
    if cart is None:
        raise CartNotFound
    return cart


def count_packs() -> int:
    """How many packs the visitor's cart holds; 0 outside a request."""
    if not has_request_context():
        return 0
    user, token = current_user(), session.get(_SESSION_KEY)
    if user is None and not token:
        return 0
    return queries.count_packs(token=token, user_id=user.id if user else None)


def _claim(token: str, user_id: int) -> None:
    if queries.find_guest_cart(token) is not None:
        with transaction():
            services.claim(token, user_id)
    session.pop(_SESSION_KEY, None)
