"""What a payment had asked for, kept when another one takes its place."""

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.payments.models import Payment
from marketplace.stalls.models import FormerPayment, MarketFee, Sale


def replace_payment(owner: MarketFee | Sale, by: Payment) -> None:
    """Let ``by`` ask for a fee or a sale from now on; whose the former payment was stays known."""
    whose = {"fee_id": owner.id} if isinstance(owner, MarketFee) else {"sale_id": owner.id}
    db.session.add(FormerPayment(payment_id=owner.payment_id, replaced_at=clock.now(), **whose))
    owner.payment = by
    db.session.flush()
