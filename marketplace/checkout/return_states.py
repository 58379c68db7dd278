"""How a request to call off or send back goods may move: this table, and nothing else decides."""

from collections.abc import Mapping

from marketplace.checkout.models import ReturnState

RETURN_EDGES: Mapping[ReturnState, frozenset[ReturnState]] = {
    ReturnState.ASKED: frozenset({ReturnState.ACCEPTED, ReturnState.REFUSED, ReturnState.WITHDRAWN}),
    ReturnState.ACCEPTED: frozenset(
        {ReturnState.RECEIVED, ReturnState.REFUNDED, ReturnState.REFUSED, ReturnState.WITHDRAWN}
    ),
    ReturnState.RECEIVED: frozenset({ReturnState.REFUNDED}),
    ReturnState.REFUNDED: frozenset(),
    ReturnState.REFUSED: frozenset(),
    ReturnState.WITHDRAWN: frozenset(),
}

#: Somebody still has to answer or to send goods; what the parcel earned is not paid out meanwhile.
OPEN_RETURNS = frozenset({ReturnState.ASKED, ReturnState.ACCEPTED, ReturnState.RECEIVED})
