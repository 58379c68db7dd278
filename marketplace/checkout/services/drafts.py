"""What a buyer types on the way to an order."""

import secrets
from typing import Any

from sqlalchemy import delete, select

from marketplace.cart.models import Cart
from marketplace.checkout import queries
from marketplace.checkout.models import Draft
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.orders.services import Delivery
from marketplace.places.models import Level
from marketplace.places.queries import find_unit


def read_delivery(typed: dict[str, Any]) -> Delivery:
    """What a buyer typed (a loaded ``DeliveryIn``) with its commune found.

    Raises ``Invalid`` (``commune_unknown``) unless the code is that of a present commune.
    """
    unit = find_unit(typed["commune"])
    if unit is None or unit.level is not Level.COMMUNE or not unit.existed_on(clock.today()):
        raise Invalid("commune_unknown", field="commune")
    return Delivery(
        typed["contact_name"],
        typed["contact_phone"],
        unit.id,
        typed["address_line"],
        typed.get("note", ""),
        typed.get("contact_email", ""),
    )


def save_draft(cart: Cart, delivery: Delivery) -> Draft:
    """Keep what was typed for the holder of ``cart``; the one-time key is made the first time and stays."""
    db.session.execute(select(Cart.id).where(Cart.id == cart.id).with_for_update())
    draft = queries.find_draft(cart.id)
    if draft is None:
        draft = Draft(cart_id=cart.id, idempotency_key=secrets.token_urlsafe(24))
        db.session.add(draft)
    draft.contact_name = delivery.contact_name
    draft.contact_phone = delivery.contact_phone
    draft.contact_email = delivery.contact_email or None
    draft.commune_id = delivery.commune_id
    draft.address_line = delivery.address_line
    draft.note = delivery.note
    draft.changed_at = clock.now()
    db.session.flush()
    return draft


def drop_draft(cart: Cart) -> None:
    """Forget what was typed: the order holds it now."""
    db.session.execute(delete(Draft).where(Draft.cart_id == cart.id))
