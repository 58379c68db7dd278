"""Payments for programs: how one stands, for whoever was given its id."""

from flask.views import MethodView
from flask_smorest import Blueprint

from marketplace.core.errors import NotFound
from marketplace.payments import queries
from marketplace.payments.models import Payment
from marketplace.payments.schemas import PaymentOut
from marketplace.web.access import PUBLIC, allow

blueprint = Blueprint("payments_api", __name__, description="How a payment stands")


@blueprint.route("/payments/<public_id>")
@allow(PUBLIC)
class PaymentStatus(MethodView):
    """One payment."""

    @blueprint.response(200, PaymentOut)
    def get(self, public_id: str) -> Payment:
        """State and amounts of a payment in whole dong, nothing about people.

        The id is random (96 bits) and told only to who pays and who is paid: knowing it is the permission.
        """
        payment = queries.find_payment(public_id)
        if payment is None:
            raise NotFound("payment_unknown")
        return payment
