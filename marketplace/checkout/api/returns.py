"""Returns for programs: ask for one, see how it stands, answer it. The same rules as on the pages."""

import hashlib
from collections.abc import Mapping
from typing import Any

from flask.views import MethodView

from marketplace.checkout import flows, queries
from marketplace.checkout.api.blueprint import blueprint, one_time_key
from marketplace.checkout.flows import Decider
from marketplace.checkout.models import ReturnRequest
from marketplace.checkout.schemas import (
    Decision,
    DecisionIn,
    OrderQuery,
    ReceivedIn,
    ReturnAskedIn,
    ReturnListOut,
    ReturnListQuery,
    ReturnOut,
)
from marketplace.checkout.services import ReturnWish
from marketplace.core.errors import Invalid
from marketplace.core.roles import Role
from marketplace.orders import queries as orders
from marketplace.orders.models import Order
from marketplace.web import auth
from marketplace.web.access import PUBLIC, allow


@blueprint.route("/orders/<number>/returns")
@allow(PUBLIC)
class ReturnsOfOrder(MethodView):
    """What a buyer calls off or sends back."""

    @blueprint.arguments(OrderQuery, location="query")
    @blueprint.response(200, ReturnListOut)
    def get(self, asked: dict[str, Any], number: str) -> dict[str, Any]:
        """The requests about an own order, or by its `key`, oldest first."""
        return {"items": queries.list_returns_of(_order(number, asked)), "next": None}

    @blueprint.arguments(OrderQuery, location="query")
    @blueprint.arguments(ReturnAskedIn)
    @blueprint.response(201, ReturnOut)
    def post(self, asked: dict[str, Any], typed: dict[str, Any], number: str) -> ReturnRequest:
        """Ask to call off packs (before the parcel leaves) or to send them back (after it arrived).

        Send a random `Idempotency-Key`: the same key and body again is the same request.
        """
        order, user = _order(number, asked), auth.current_user()
        key = f"api-{hashlib.sha256(f'{order.id}:{one_time_key()}'.encode()).hexdigest()[:40]}"
        wish = ReturnWish(_packs(typed["lines"], "line_id", "quantity"), typed["reason"], typed["note"], key)
        actor_id = user.id if user else None
        return queries.get_return_of(order, flows.ask_return(order.id, typed["parcel_id"], wish, actor_id=actor_id))


@blueprint.route("/orders/<number>/returns/<int:request_id>/withdrawal")
@allow(PUBLIC)
class Withdrawal(MethodView):
    """A buyer keeps the goods after all."""

    @blueprint.arguments(OrderQuery, location="query")
    @blueprint.response(200, ReturnOut)
    def post(self, asked: dict[str, Any], number: str, request_id: int) -> ReturnRequest:
        """Take a request back, as long as the goods are not."""
        order, user = _order(number, asked), auth.current_user()
        flows.withdraw_return(order.id, request_id, actor_id=user.id if user else None)
        return queries.get_return_of(order, request_id)


@blueprint.route("/returns")
@allow(Role.PRODUCER, Role.OPERATOR)
class Returns(MethodView):
    """Requests about the own parcels; the operator sees all."""

    @blueprint.arguments(ReturnListQuery, location="query")
    @blueprint.response(200, ReturnListOut)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Open requests oldest first, or closed ones newest first."""
        number, is_open = asked["after"] + 1, asked["state"] == "open"
        page = queries.page_of_returns(_decider().producer_ids, is_open=is_open, number=number, size=asked["limit"])
        return {"items": page.items, "next": str(number) if number < page.pages else None}


@blueprint.route("/returns/<int:request_id>")
@allow(Role.PRODUCER, Role.OPERATOR)
class OneReturn(MethodView):
    """One request."""

    @blueprint.response(200, ReturnOut)
    def get(self, request_id: int) -> ReturnRequest:
        """A request about an own parcel, with its steps."""
        return queries.get_return(request_id, _decider().producer_ids)


@blueprint.route("/returns/<int:request_id>/decision")
@allow(Role.PRODUCER, Role.OPERATOR)
class ReturnDecision(MethodView):
    """The producer's answer; the operator's when the producer was silent for too long."""

    @blueprint.arguments(DecisionIn)
    @blueprint.response(200, ReturnOut)
    def post(self, typed: dict[str, Any], request_id: int) -> ReturnRequest:
        """`accept` (goods are awaited), `accept_and_pay` (the buyer keeps them), or `refuse` with an answer."""
        decider, decision, answer = _decider(), typed["decision"], typed["answer"]
        if decision is Decision.REFUSE:
            flows.refuse_return(request_id, decider, answer=answer)
        else:
            goods_stay = decision is Decision.ACCEPT_AND_PAY
            flows.accept_return(request_id, decider, goods_stay=goods_stay, answer=answer)
        return queries.get_return(request_id, decider.producer_ids)


@blueprint.route("/returns/<int:request_id>/receipt")
@allow(Role.PRODUCER, Role.OPERATOR)
class ReturnReceipt(MethodView):
    """The goods are back."""

    @blueprint.arguments(ReceivedIn)
    @blueprint.response(200, ReturnOut)
    def post(self, typed: dict[str, Any], request_id: int) -> ReturnRequest:
        """Say how many packs of each line can be sold again (none named: none); the money goes back to the buyer."""
        decider = _decider()
        flows.receive_return(request_id, decider, _packs(typed["lines"], "id", "sellable"))
        return queries.get_return(request_id, decider.producer_ids)


def _order(number: str, asked: dict[str, Any]) -> Order:
    user = auth.current_user()
    return orders.get_order_for(number, user_id=user.id if user else None, secret=asked["key"])


def _packs(lines: list[dict[str, int]], name: str, count: str) -> Mapping[int, int]:
    if len({line[name] for line in lines}) < len(lines):
        raise Invalid("line_named_twice", field="lines")
    return {line[name]: line[count] for line in lines}


def _decider() -> Decider:
    user = auth.require_user()
    return Decider(user.id, None if Role.OPERATOR in user.roles else auth.subject_ids(Role.PRODUCER))
