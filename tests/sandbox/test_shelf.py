"""Products and prices, the lines of a Checkout Session that name them, and sessions that a bank's debit pays later."""

from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.server import Sandbox
from tests.sandbox.test_sdk import connect

TEA = {"name": "Trà Shan tuyết", "default_price_data": {"currency": "vnd", "unit_amount": 60_000}}
SESSION = {"mode": "payment", "success_url": "http://127.0.0.1/paid"}
DEBIT: dict[str, Any] = {
    **SESSION, "payment_method_types": ["us_bank_account"],
    "line_items": [{
        "price_data": {"currency": "usd", "unit_amount": 2_000, "product_data": {"name": "Tea"}}, "quantity": 1,
    }],
}  # fmt: skip


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """The official SDK against the sandbox."""
    return connect(sandbox)


def of(price: str, quantity: int = 1) -> dict[str, Any]:
    return {**SESSION, "line_items": [{"price": price, "quantity": quantity}]}


def test_a_session_sells_what_is_on_the_shelf(client: Any) -> None:
    tea = client.products.create(TEA)
    session = client.checkout.sessions.create({**of(tea.default_price, 2), "expand": ["line_items.data.price.product"]})
    line = session.line_items.data[0]
    assert (session.amount_total, line.description, line.price.unit_amount) == (120_000, "Trà Shan tuyết", 60_000)
    assert line.price.product.id == tea.id
    large = client.prices.create({"product": tea.id, "currency": "vnd", "unit_amount": 100_000, "lookup_key": "large"})
    assert [price.id for price in client.prices.list({"lookup_keys": ["large"]})] == [large.id]
    assert [price.id for price in client.prices.list({"product": tea.id})] == [large.id, tea.default_price]
    moved = {"product": tea.id, "currency": "vnd", "unit_amount": 90_000, "lookup_key": "large"}
    with pytest.raises(stripe.InvalidRequestError) as taken:
        client.prices.create(moved)
    assert taken.value.param == "lookup_key"
    client.prices.create({**moved, "transfer_lookup_key": True})
    assert client.prices.retrieve(large.id).lookup_key is None
    client.products.update(tea.id, {"default_price": large.id, "active": False})
    assert [product.id for product in client.products.list({"active": False})] == [tea.id]


def test_a_price_described_in_a_line_makes_a_product_that_is_not_sold_again(client: Any) -> None:
    session = client.checkout.sessions.create(DEBIT)
    price = client.checkout.sessions.line_items.list(session.id).data[0].price
    assert (price.active, client.products.retrieve(price.product).active) == (False, False)


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"price": "price_no"}, "resource_missing", "line_items[0][price]"),
        ({"quantity": 1, "price": None}, "parameter_missing", "line_items[0][price]"),
        ({"price_data": DEBIT["line_items"][0]["price_data"]}, "parameters_exclusive", "line_items[0][price]"),
        ({"price": None, "price_data": {"currency": "vnd", "unit_amount": 60_000}}, "parameter_missing",
         "line_items[0][price_data][product_data]"),
        ({"price": None, "price_data": {"currency": "vnd", "unit_amount": 60_000, "product": "prod_no"}},
         "resource_missing", "line_items[0][price_data][product]"),
        ({"price": None, "price_data": {"currency": "zzz", "unit_amount": 6, "product": "prod_no"}}, None,
         "line_items[0][price_data][currency]"),
    ],
)  # fmt: skip
def test_lines_that_sell_nothing_are_refused(client: Any, change: Any, code: str | None, param: str) -> None:
    line = {"price": client.products.create(TEA).default_price, "quantity": 1, **change}
    sent = {name: value for name, value in line.items() if value is not None}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.checkout.sessions.create({**SESSION, "line_items": [sent]})
    assert (refused.value.code, refused.value.param) == (code, param)
    assert client.checkout.sessions.list().data == []


def test_what_the_shelf_refuses(client: Any) -> None:
    tea = client.products.create({**TEA, "id": "tea"})
    client.prices.update(tea.default_price, {"active": False})
    for call, code, param in (
        (lambda: client.products.create({**TEA, "id": "tea"}), "resource_already_exists", "id"),
        (lambda: client.products.create({}), "parameter_missing", "name"),
        (lambda: client.products.retrieve("prod_no"), "resource_missing", "id"),
        (lambda: client.prices.retrieve("price_no"), "resource_missing", "price"),
        (lambda: client.products.delete("tea"), None, "id"),
        (lambda: client.prices.create({"currency": "vnd", "unit_amount": 1}), None, "product"),
        (lambda: client.prices.create({"currency": "vnd", "product": "tea"}), "parameter_missing", "unit_amount"),
        (lambda: client.prices.create({"currency": "vnd", "unit_amount": 1, "product": "no"}), "resource_missing",
         "product"),
        (lambda: client.checkout.sessions.create(of(tea.default_price)), None, "line_items[0][price]"),
        (lambda: client.products.update("tea", {"default_price": "price_no"}), "resource_missing", "default_price"),
        (lambda: client.checkout.sessions.create({**DEBIT, "line_items": [{
            "quantity": 1, "price_data": {"currency": "vnd", "unit_amount": 60_000, "product_data": {"name": "Tea"}},
        }]}), None, "payment_method_types"),
        (lambda: client.checkout.sessions.create({**DEBIT, "customer": client.customers.create().id,
                                                  "customer_email": "a@b.vn"}), "parameters_exclusive",
         "customer_email"),
    ):  # fmt: skip
        with pytest.raises(stripe.InvalidRequestError) as refused:
            call()
        assert (refused.value.code, refused.value.param) == (code, param)


@pytest.mark.parametrize(
    ("number", "status", "told"),
    [
        ("000123456789", "paid", "async_payment_succeeded"), ("000111111116", "unpaid", "async_payment_failed"),
    ],
)  # fmt: skip
def test_a_debit_completes_a_session_and_pays_it_later(
    sandbox: Sandbox, client: Any, number: str, status: str, told: str
) -> None:
    session = client.checkout.sessions.create(DEBIT)
    assert number[-4:] in requests.get(session.url, timeout=10).text
    answer = requests.post(session.url, {"number": number}, timeout=10, allow_redirects=False)
    assert answer.headers["Location"] == "http://127.0.0.1/paid"
    waiting = client.checkout.sessions.retrieve(session.id)
    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    sandbox.pass_time(10)
    assert client.checkout.sessions.retrieve(session.id).payment_status == status
    events = [event.type for event in client.events.list({"type": "checkout.session.*"})]
    assert events == [f"checkout.session.{told}", "checkout.session.completed"]


def test_somebody_decides_for_the_bank_of_a_session(sandbox: Sandbox, client: Any) -> None:
    session = client.checkout.sessions.create(DEBIT)
    requests.post(session.url, {"number": "000000000009"}, timeout=10, allow_redirects=False)
    sandbox.pass_time(10)
    intent = client.checkout.sessions.retrieve(session.id).payment_intent
    requests.post(f"{sandbox.base_url}/stripe/intents/{intent}", {"how": "succeed"}, timeout=10)
    assert client.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert client.events.list().data[0].type == "checkout.session.async_payment_succeeded"
