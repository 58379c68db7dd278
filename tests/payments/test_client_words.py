"""Our client says nothing that Stripe's document does not know: each of its calls, recorded on the wire and weighed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from marketplace.core import clock
from marketplace.core.money import Dong
from marketplace.payments import http
from marketplace.payments.errors import Declined, GatewayRefused
from marketplace.payments.gateway import Gateway
from tests.sandbox import judge
from tests.sandbox.judge import Exchange
from tests.sandbox.server import STRIPE_KEY, Sandbox, start_sandbox

pytestmark = pytest.mark.skipif(
    judge.load() is None, reason="Stripe's OpenAPI document is not here: python -m tests.stripe_openapi fetches it"
)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A running sandbox."""
    running = start_sandbox(tmp_path)
    yield running
    running.stop()


def drive_every_method(gateway: Gateway) -> None:
    """Each public method of the client once, with every option it has."""
    back = "http://127.0.0.1/orders/DH1"
    paid = gateway.pay(Dong(90_000), payment_method="pm_card_visa", reference="p1", idempotency_key="1")
    asked = gateway.pay(
        Dong(90_000),
        payment_method="pm_card_threeDSecure2Required",
        reference="p2",
        idempotency_key="2",
        return_url=back,
    )
    with pytest.raises(Declined):
        gateway.pay(Dong(90_000), payment_method="pm_card_visa_chargeDeclined", reference="p3", idempotency_key="3")
    gateway.retrieve_intent(paid.id)
    gateway.cancel_intent(asked.id, idempotency_key="4")
    with pytest.raises(GatewayRefused):
        gateway.cancel_intent(paid.id, idempotency_key="5")
    assert gateway.refund(paid.id, Dong(1000), reference="r1", idempotency_key="6").amount == 1000
    assert len(list(gateway.refunds_of(paid.id))) == 1
    begin, end = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)
    assert len(list(gateway.intents_since(begin))) == 3
    assert len(list(gateway.intents_between(begin, end))) == 3
    assert len(list(gateway.refunds_between(begin, end))) == 1
    assert len(list(gateway.charges_between(begin, end))) == 2
    assert list(gateway.payouts_between(begin, end)) == []


def test_each_call_of_the_client_has_documented_parameters_only(sandbox: Sandbox) -> None:
    gateway = Gateway(sandbox.base_url, STRIPE_KEY, line=http.Line(http.Patience(read=20.0, budget=60.0)))
    called: set[str] = set()
    drive_every_method(_watched(gateway, called))
    offered = {name for name, member in vars(Gateway).items() if callable(member) and not name.startswith("_")}
    assert called == offered, "each method of the client is driven"
    stripe = judge.load()
    assert stripe is not None
    assert len(sandbox.exchanges) >= len(offered)
    assert [name for exchange in sandbox.exchanges for name in stripe.strange_parameters(exchange)] == []
    assert stripe.all_faults(sandbox.exchanges) == []


def test_a_made_up_parameter_would_be_seen(sandbox: Sandbox) -> None:
    """The control, on the client's own wire."""
    gateway = Gateway(sandbox.base_url, STRIPE_KEY)
    with pytest.raises(GatewayRefused) as refused:
        gateway._post("/v1/payment_intents", {"amount": "1000", "currency": "vnd", "order_number": "DH1"}, "1")
    assert refused.value.facts["param"] == "order_number"
    stripe = judge.load()
    assert stripe is not None
    sent: Exchange = sandbox.exchanges[-1]
    assert stripe.strange_parameters(sent) == ["order_number"]


def _watched(gateway: Gateway, called: set[str]) -> Gateway:
    """The same client, which writes down which of its methods are called."""

    class Watched(Gateway):
        def __init__(self) -> None:
            self.__dict__.update(gateway.__dict__)

        def __getattribute__(self, name: str) -> object:
            if not name.startswith("_"):
                called.add(name)
            return super().__getattribute__(name)

    return Watched()
