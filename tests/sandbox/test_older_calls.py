"""Charges and tokens of older integrations, and search, by the official SDK."""

from typing import Any

import pytest
import stripe

from tests.sandbox.server import Sandbox
from tests.sandbox.test_connect import available
from tests.sandbox.test_sdk import NEW, PAID, connect

CARD: dict[str, Any] = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """The official SDK against the sandbox."""
    return connect(sandbox)


def test_a_charge_takes_a_token_a_made_token_or_a_typed_card(sandbox: Sandbox, client: Any) -> None:
    token = client.tokens.create({"card": CARD})
    assert (token.card.last4, token.used, token.type) == ("4242", False, "card")
    sources = ({"source": "tok_visa"}, {"source": token.id}, {"card": {"object": "card", **CARD}})
    for source in sources:
        charge = client.charges.create({**NEW, **source, "metadata": {"order": "DH1"}})
        assert (charge.status, charge.paid, charge.captured, charge.payment_intent) == ("succeeded", True, True, None)
        assert charge.payment_method_details.card.last4 == "4242"
    assert client.tokens.retrieve(token.id).used is True and available(sandbox) == 450_000
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.charges.create({**NEW, "source": token.id})
    assert again.value.code == "token_already_used"


def test_a_held_charge_is_captured_once_or_given_up(sandbox: Sandbox, client: Any) -> None:
    held = client.charges.create({**NEW, "source": "tok_visa", "capture": False})
    assert (held.captured, held.amount_captured, available(sandbox)) == (False, 0, 0)
    with pytest.raises(stripe.InvalidRequestError) as more:
        client.charges.capture(held.id, {"amount": 150_001})
    assert more.value.code == "amount_too_large"
    assert client.charges.capture(held.id, {"amount": 100_000}).amount_captured == 100_000
    with pytest.raises(stripe.InvalidRequestError) as twice:
        client.charges.capture(held.id)
    assert twice.value.code == "charge_already_captured"
    other, late = (client.charges.create({**NEW, "source": "tok_visa", "capture": False}).id for _ in range(2))
    assert client.refunds.create({"charge": other}).amount == 150_000
    sandbox.pass_time(8 * 24 * 3600)
    for ref in (other, late):
        with pytest.raises(stripe.InvalidRequestError) as over:
            client.charges.capture(ref)
        assert over.value.code == "charge_expired_for_capture"
    assert available(sandbox) == 100_000


def test_a_charge_of_an_intent_is_captured_by_its_intent(client: Any) -> None:
    held = client.payment_intents.create({**PAID, "capture_method": "manual"})
    with pytest.raises(stripe.InvalidRequestError):
        client.charges.capture(held.latest_charge)
    assert client.payment_intents.capture(held.id).status == "succeeded"


def test_a_refused_token_is_a_card_error(client: Any) -> None:
    with pytest.raises(stripe.CardError) as refused:
        client.charges.create({**NEW, "source": "tok_chargeDeclinedInsufficientFunds"})
    assert (refused.value.code, refused.value.error.decline_code) == ("card_declined", "insufficient_funds")
    assert client.charges.retrieve(refused.value.error.charge).status == "failed"
    with pytest.raises(stripe.CardError) as asked:
        client.charges.create({**NEW, "source": "tok_threeDSecure2Required"})
    assert asked.value.code == "authentication_required"


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({}, "parameter_missing", None),
        ({"source": "tok_nobody"}, "resource_missing", "source"),
        ({"card": {"number": "4242424242424242"}}, "parameter_missing", "card[exp_month]"),
        ({"source": "tok_visa", "card": "tok_visa"}, "parameters_exclusive", "card"),
        ({"source": "tok_visa", "destination": "acct_1"}, None, "destination"),
        ({"source": "tok_visa", "amount": 100}, "amount_too_small", "amount"),
        ({"source": "tok_visa", "currency": "zzz"}, None, "currency"),
    ],
)
def test_wrong_words_of_a_charge(client: Any, given: dict[str, Any], code: str | None, param: str | None) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.charges.create({**NEW, **given})
    assert (refused.value.code, refused.value.param) == (code, param)
    assert client.charges.list().data == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('metadata["order"]:"DH1"', {"a"}), ("metadata['order']:'dh2'", {"b"}), ("-metadata['order']:null", {"a", "b"}),
        ("metadata['order']:null", {"c"}), ('status:"succeeded"', {"a"}), ('-status:"succeeded"', {"b", "c"}),
        ("amount>=90000 AND amount<150000", {"b"}), ("amount:150000 OR amount:20000", {"a", "c"}),
        ("amount>90000 status:'succeeded'", {"a"}), ('currency:"vnd" AND created>0', {"a", "b", "c"}),
        ("metadata['order']~'DH1'", {"a"}), ("created<5", set()),
    ],
)  # fmt: skip
def test_search_finds_what_was_asked_for(client: Any, query: str, found: set[str]) -> None:
    made = {
        "a": client.payment_intents.create({**PAID, "metadata": {"order": "DH1"}}).id,
        "b": client.payment_intents.create({**NEW, "amount": 90_000, "metadata": {"order": "DH2"}}).id,
        "c": client.payment_intents.create({**NEW, "amount": 20_000}).id,
    }
    page = client.payment_intents.search({"query": query})
    assert {intent.id for intent in page.data} == {made[name] for name in found}


def test_search_has_pages(client: Any) -> None:
    made = [client.customers.create({"name": "Hoa", "email": f"hoa{n}@example.vn"}).id for n in range(3)][::-1]
    first = client.customers.search({"query": "name:'hoa'", "limit": 2})
    assert ([c.id for c in first.data], first.has_more, first.object) == (made[:2], True, "search_result")
    assert [c.id for c in first.auto_paging_iter()] == made


@pytest.mark.parametrize(
    "query",
    ["", "status", "colour:'red'", "status>'a'", "amount~'1'", "amount:'x'", "status:'a' AND amount>1 OR amount<1",
     "metadata:'x'", "status:'a' (", "name~'ab'", "status:'a'amount:1"],
)  # fmt: skip
def test_a_query_that_cannot_be_read_is_refused(client: Any, query: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.payment_intents.search({"query": query})
    assert (refused.value.http_status, refused.value.param) == (400, "query")
