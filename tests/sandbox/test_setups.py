"""SetupIntents: a card is kept for later without being charged, by the official SDK."""

from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.server import Sandbox
from tests.sandbox.test_sdk import PAID, connect

BACK = "http://127.0.0.1/back"


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """The official SDK against the sandbox."""
    return connect(sandbox)


def test_a_card_is_kept_for_its_customer_and_charged_later(client: Any) -> None:
    customer = client.customers.create().id
    setup = client.setup_intents.create({"customer": customer, "payment_method": "pm_card_visa", "confirm": True})
    assert (setup.status, setup.usage, client.charges.list().data) == ("succeeded", "off_session", [])
    given = {**PAID, "customer": customer, "payment_method": setup.payment_method, "off_session": True}
    assert [client.payment_intents.create(given).status for _ in range(2)] == ["succeeded", "succeeded"]


@pytest.mark.parametrize(("how", "status"), [("complete", "succeeded"), ("fail", "requires_payment_method")])
def test_a_card_may_ask_its_customer(client: Any, how: str, status: str) -> None:
    given = {"payment_method": "pm_card_threeDSecure2Required", "confirm": True, "return_url": BACK}
    setup = client.setup_intents.create(given)
    assert (setup.status, setup.next_action.type) == ("requires_action", "redirect_to_url")
    address = setup.next_action.redirect_to_url.url
    assert requests.get(address, timeout=10).status_code == 200
    answer = requests.post(address, {"how": how}, timeout=10, allow_redirects=False)
    assert f"setup_intent={setup.id}" in answer.headers["Location"]
    assert client.setup_intents.retrieve(setup.id).status == status


def test_a_refused_card_leads_back_and_another_one_is_kept(client: Any) -> None:
    setup = client.setup_intents.create({})
    with pytest.raises(stripe.CardError) as refused:
        client.setup_intents.confirm(setup.id, {"payment_method": "pm_card_chargeDeclined"})
    assert refused.value.error.setup_intent.last_setup_error.code == "card_declined"
    assert client.setup_intents.retrieve(setup.id).status == "requires_payment_method"
    assert client.setup_intents.confirm(setup.id, {"payment_method": "pm_card_visa"}).status == "succeeded"
    for refusal in (client.setup_intents.confirm, client.setup_intents.cancel):
        with pytest.raises(stripe.InvalidRequestError) as over:
            refusal(setup.id)
        assert over.value.code == "setup_intent_unexpected_state"


def test_cancelled_is_the_end_and_wrong_words_have_their_parameter(client: Any) -> None:
    setup = client.setup_intents.create({})
    gone = client.setup_intents.cancel(setup.id, {"cancellation_reason": "abandoned"})
    assert (gone.status, gone.cancellation_reason) == ("canceled", "abandoned")
    for given, param in (({"customer": "cus_x"}, "customer"), ({"usage": "x"}, "usage"), ({"x": 1}, "x")):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.setup_intents.create(given)
        assert refused.value.param == param


def test_an_account_knows_itself_and_is_closed_when_it_is_empty(client: Any) -> None:
    assert client.accounts.retrieve_current().charges_enabled is True
    full, empty = (client.accounts.create({"type": "custom"}).id for _ in range(2))
    assert client.accounts.retrieve_current(None, {"stripe_account": full}).id == full
    client.payment_intents.create(PAID, {"stripe_account": full})
    assert client.accounts.delete(empty).deleted is True
    for ref, status in ((full, 400), (empty, 403)):
        with pytest.raises(stripe.StripeError) as refused:
            client.accounts.delete(ref)
        assert refused.value.http_status == status
