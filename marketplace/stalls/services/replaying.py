"""Sales that a phone sends again until the answer arrives: each is a sale, or a refusal that stays the same (I39)."""

from datetime import datetime

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, insert_ignoring_duplicates
from marketplace.core.money import Dong
from marketplace.stalls.models import Means, SaleRefusal


def find_refusal(vendor_id: int, stall_id: int, client_id: str) -> str | None:
    """The code with which this sale was refused before, or None."""
    which = (
        SaleRefusal.vendor_id == vendor_id,
        SaleRefusal.stall_id == stall_id,
        SaleRefusal.client_id == client_id,
    )
    return db.session.scalar(select(SaleRefusal.code).where(*which))


def note_sale_refusal(
    vendor_id: int,
    stall_id: int,
    client_id: str,
    *,
    amount: Dong,
    means: Means,
    sold_at: datetime,
    code: str,
) -> str:
    """Keep why a sale of a batch was refused; the code that stands from the first time."""
    values = {
        "vendor_id": vendor_id,
        "stall_id": stall_id,
        "client_id": client_id,
        "amount": amount,
        "means": means,
        "sold_at": sold_at,
        "code": code,
        "refused_at": clock.now(),
    }
    insert_ignoring_duplicates(SaleRefusal, values, keys=["vendor_id", "stall_id", "client_id"])
    return find_refusal(vendor_id, stall_id, client_id) or code
