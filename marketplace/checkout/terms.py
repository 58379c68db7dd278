"""The promises of this installation and the addresses of its orders, out of the application's settings."""

from datetime import timedelta

from flask import current_app, url_for

from marketplace.checkout.flows import Placed, Terms
from marketplace.web import auth


def terms() -> Terms:
    """What ``flows.place_order`` needs to know of the house."""
    return Terms(
        hold=timedelta(minutes=current_app.config["HOLD_MINUTES"]),
        secret_key=str(current_app.config["SECRET_KEY"]),
        return_address=return_address,
    )


def is_simulated() -> bool:
    """Whether no real money moves here: anything but the real gateway's own address with a key of its live mode."""
    base, key = str(current_app.config["STRIPE_API_BASE"]), str(current_app.config["STRIPE_API_KEY"])
    return not (base.rstrip("/") == "https://api.stripe.com" and key.startswith(("sk_live_", "rk_live_")))


def return_address(number: str, secret: str) -> str:
    """Where a bank sends the buyer back to: a whole address, because another site uses it."""
    return str(current_app.config["PUBLIC_URL"]) + url_for("checkout.payment_return", number=number, key=secret or None)


def page_address(placed: Placed) -> str:
    """The path of a new order's page: with its secret for a guest, without for its owner."""
    user = auth.current_user()
    is_own = user is not None and placed.order.user_id == user.id
    return url_for("checkout.order", number=placed.order.number, key=None if is_own else placed.secret)
