"""The own payments for programs; one by its id is a door of ``payments``, which knows no orders."""

from typing import Any

from flask.views import MethodView

from marketplace.checkout import queries
from marketplace.checkout.api.blueprint import blueprint
from marketplace.checkout.schemas import PaymentListOut
from marketplace.core.paging import PageQuery
from marketplace.web import auth
from marketplace.web.access import SIGNED_IN, allow


@blueprint.route("/payments")
@allow(SIGNED_IN)
class Payments(MethodView):
    """Payments of orders."""

    @blueprint.arguments(PageQuery, location="query")
    @blueprint.response(200, PaymentListOut)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The payments of the own orders, newest first."""
        page = queries.page_of_payments(auth.require_user().id, before=asked.get("after"), limit=asked["limit"])
        return {"items": page.items, "next": page.next}
