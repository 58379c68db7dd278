"""What the sandbox answers and asks for, weighed by Stripe's own OpenAPI document.

Beside these, whatever any test of this folder was answered is weighed when its sandbox stops (``conftest``).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from marketplace.sandbox.stripe.params import EitherOr, Group, Kind, Many
from marketplace.sandbox.stripe.routes import ROUTES, Route
from tests.sandbox import judge
from tests.sandbox.judge import Exchange, Judge
from tests.sandbox.server import Sandbox

pytestmark = pytest.mark.skipif(
    judge.load() is None, reason="Stripe's OpenAPI document is not here: python -m tests.stripe_openapi fetches it"
)

LINE = {
    "line_items[0][price_data][currency]": "vnd", "line_items[0][price_data][unit_amount]": "60000",
    "line_items[0][price_data][product_data][name]": "Trà Shan tuyết", "line_items[0][quantity]": "2",
}  # fmt: skip
#: Parameters that Stripe documents and that are newer than the document.
NEWER_PARAMETERS = {
    "allow_redisplay": "POST /v1/payment_methods, since 2024-04",
    "allow_redirects": "automatic_payment_methods of PaymentIntents, since 2023-08",
    "final_capture": "capture of PaymentIntents, since 2024-04",
    "networks": "card of PaymentMethods, since 2023-10",
    "controller": "POST /v1/accounts, since 2023-10",
    "ui_mode": "POST /v1/checkout/sessions, since 2023-09",
    "status": "list of Checkout Sessions, since 2023-10",
    "created": "list of Checkout Sessions, since 2023-10",
    "moto": "card options of PaymentIntents and SetupIntents: for cards told by telephone",
    "require_cvc_recollection": "card options of PaymentIntents, since 2023-10",
    **dict.fromkeys(
        (
            "request_extended_authorization",
            "request_incremental_authorization",
            "request_multicapture",
            "request_overcapture",
        ),
        "card options of PaymentIntents, since 2023-10",
    ),
    "request_three_d_secure": "card options of Checkout Sessions, since 2023-11",
    "card": "payment_method_data takes test numbers too; the document leaves them out of it for safety",
}


@pytest.fixture
def stripe() -> Judge:
    """Stripe's document."""
    found = judge.load()
    assert found is not None
    return found


class Tour:
    """Walks once through every call of the sandbox; each step answers 200."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def call(self, method: str, path: str, account: str | None = None, **given: Any) -> dict[str, Any]:
        headers = {"Stripe-Account": account} if account else {}
        answer = self._sandbox.stripe(method, path, given, headers=headers)
        assert answer.status_code == 200, f"{method} {path}: {answer.text}"
        return dict(answer.json())

    def pay(self, method: str = "pm_card_visa", **given: Any) -> dict[str, Any]:
        given = {"amount": 90_000, "currency": "vnd", "payment_method": method, "confirm": "true", **given}
        return self.call("POST", "/payment_intents", **given)

    def see(self, path: str, ref: str, account: str | None = None, **words: Any) -> None:
        """Look at one, change its metadata where that is possible, and list all."""
        self.call("GET", f"{path}/{ref}", account)
        if words:
            self.call("POST", f"{path}/{ref}", account, **words)
        self.call("GET", path, account)

    def intents(self) -> None:
        self.pay("pm_card_threeDSecure2Required", return_url="http://127.0.0.1/back")
        held = self.pay(capture_method="manual")
        self.call("POST", f"/payment_intents/{held['id']}/capture", amount_to_capture=80_000)
        waiting = self.call("POST", "/payment_intents", amount=90_000, currency="vnd")
        self.call("POST", f"/payment_intents/{waiting['id']}/cancel")
        open_one = self.call("POST", "/payment_intents", amount=90_000, currency="vnd")
        self.call("POST", f"/payment_intents/{open_one['id']}/confirm", payment_method="pm_card_visa")
        self.see("/payment_intents", open_one["id"], description="đổi")
        self.pay("pm_card_createDispute")
        self.see("/charges", held["latest_charge"], description="đổi")
        self.call("GET", "/charges", **{"expand[]": "data.refunds"})
        self.call("GET", f"/charges/{held['latest_charge']}/refunds")

    def refunds(self) -> None:
        for method in ("pm_card_visa", "pm_card_pendingRefund", "pm_card_refundFail"):
            refund = self.call("POST", "/refunds", payment_intent=self.pay(method)["id"], amount=1000)
            self.see("/refunds", refund["id"], **{"metadata[a]": "1"})

    def people(self) -> None:
        customer = self.call("POST", "/customers", name="Nguyễn Thị Hoa")["id"]
        card = {"card[number]": "4242424242424242", "card[exp_month]": 12, "card[exp_year]": 2034, "card[cvc]": "123"}
        method = self.call("POST", "/payment_methods", type="card", **card)["id"]
        self.call("POST", f"/payment_methods/{method}/attach", customer=customer)
        self.see("/payment_methods", method, **{"billing_details[name]": "Hoa"})
        self.call("GET", f"/customers/{customer}/payment_methods")
        self.call("GET", f"/customers/{customer}/payment_methods/{method}")
        self.call("POST", f"/customers/{customer}", **{"invoice_settings[default_payment_method]": method})
        self.call("POST", f"/payment_methods/{method}/detach")
        self.see("/customers", customer, phone="0912345678")
        self.call("DELETE", f"/customers/{customer}")
        self.call("GET", f"/customers/{customer}")

    def sessions(self) -> None:
        given = {**LINE, "mode": "payment", "success_url": "http://127.0.0.1/paid"}
        session = self.call("POST", "/checkout/sessions", **given)["id"]
        self.see("/checkout/sessions", session, **{"metadata[a]": "1"})
        self.call("GET", f"/checkout/sessions/{session}/line_items")
        self.call("GET", f"/checkout/sessions/{session}", **{"expand[]": "line_items"})
        self.call("POST", f"/checkout/sessions/{session}/expire")

    def shelf(self) -> None:
        product = self.call("POST", "/products", name="Trà", **{
            "default_price_data[currency]": "vnd", "default_price_data[unit_amount]": 60_000,
        })  # fmt: skip
        self.see("/products", product["id"], description="Trà Shan tuyết")
        price = self.call("POST", "/prices", product=product["id"], currency="vnd", unit_amount=70_000, lookup_key="b")
        self.see("/prices", price["id"], nickname="gói lớn")
        self.call("GET", f"/prices/{price['id']}", **{"expand[]": "product"})
        self.call("GET", "/products/search", query='name~"trà"')
        self.call("GET", "/prices/search", query='active:"true"')
        lonely = self.call("POST", "/products", name="Mật ong")["id"]
        self.call("DELETE", f"/products/{lonely}")
        given = {"line_items[0][price]": price["id"], "line_items[0][quantity]": 2, "mode": "payment"}
        self.call("POST", "/checkout/sessions", success_url="http://127.0.0.1/paid", **given)

    def disputes(self) -> None:
        self._sandbox.pass_time(60)
        for ref in (self.pay("pm_card_createDispute"), self.pay("pm_card_createDisputeInquiry")):
            self._sandbox.pass_time(10)
            dispute = self.call("GET", "/disputes", payment_intent=ref["id"])["data"][0]["id"]
            self.call("POST", f"/disputes/{dispute}", **{"evidence[customer_name]": "Hoa", "metadata[a]": "1"})
            self.call("POST", f"/disputes/{dispute}/close")

    def connected(self) -> None:
        account = self.call("POST", "/accounts", type="custom", country="VN")["id"]
        self.see("/accounts", account, email="htx@example.vn")
        self.see(f"/accounts/{account}/capabilities", "transfers", requested="true")
        transfer = self.call("POST", "/transfers", amount=5000, currency="vnd", destination=account)["id"]
        self.see("/transfers", transfer, description="đổi")
        reversal = self.call("POST", f"/transfers/{transfer}/reversals", amount=1000)["id"]
        self.see(f"/transfers/{transfer}/reversals", reversal, **{"metadata[a]": "1"})
        payout = self.call("POST", "/payouts", account, amount=1000, currency="vnd")["id"]
        self.see("/payouts", payout, account, **{"metadata[a]": "1"})
        self.call("POST", f"/payouts/{payout}/cancel", account)
        paid = self.call("POST", "/payouts", amount=1000, currency="vnd")["id"]
        self._sandbox.pass_time(60)
        self.call("POST", f"/payouts/{paid}/reverse", **{"metadata[a]": "1"})

    def shared(self) -> None:
        account = self.call("POST", "/accounts", type="custom", country="VN")["id"]
        given = {"transfer_data[destination]": account, "application_fee_amount": 9000, "on_behalf_of": account}
        intent = self.pay(**given)
        charge = self.call("GET", f"/charges/{intent['latest_charge']}", **{"expand[]": "application_fee"})
        fee = charge["application_fee"]["id"]
        self.call("POST", "/refunds", charge=charge["id"], amount=30_000, reverse_transfer="true",
                  refund_application_fee="true")  # fmt: skip
        back = self.call("POST", f"/application_fees/{fee}/refunds", amount=1000)
        self.see(f"/application_fees/{fee}/refunds", back["id"], **{"metadata[a]": "1"})
        self.see("/application_fees", fee)
        arrived = self.call("GET", "/charges", account)["data"][0]
        self.call("GET", f"/charges/{arrived['id']}", account)
        self.call("GET", "/balance_transactions", account)

    def older(self) -> None:
        token = self.call("POST", "/tokens", **{
            "card[number]": "4242424242424242", "card[exp_month]": 12, "card[exp_year]": 2034, "card[name]": "Hoa",
        })["id"]  # fmt: skip
        self.call("GET", f"/tokens/{token}")
        self.call("GET", "/tokens/tok_visa")
        held = self.call("POST", "/charges", amount=90_000, currency="vnd", source=token, capture="false")["id"]
        self.call("POST", f"/charges/{held}/capture", amount=80_000)
        self.call("POST", "/charges", amount=90_000, currency="vnd", source="tok_visa")
        debit = {"amount": 2000, "currency": "usd", "confirm": "true"}
        self.call("POST", "/payment_intents", payment_method="pm_usBankAccount_success", **debit)
        self.call("POST", "/payment_intents", payment_method="pm_usBankAccount_noAccount", **debit)
        for method in ("pm_card_visa", "pm_card_threeDSecure2Required"):
            setup = self.call("POST", "/setup_intents", payment_method=method)["id"]
            self.see("/setup_intents", setup, description="giữ thẻ")
            self.call("POST", f"/setup_intents/{setup}/confirm", return_url="http://127.0.0.1/back")
        self.call("POST", f"/setup_intents/{setup}/cancel")
        self.call("GET", "/account")
        self.call("DELETE", f"/accounts/{self.call('POST', '/accounts', type='custom')['id']}")
        self.call("GET", "/payment_intents/search", query='status:"processing"')
        self.call("GET", "/charges/search", query="amount>1000", limit=1)
        self.call("GET", "/customers/search", query='name~"nguy"')

    def papers(self) -> None:
        self._sandbox.pass_time(8 * 24 * 3600)
        for path in ("/disputes", "/balance_transactions", "/events"):
            newest = self.call("GET", path, limit=100)["data"][0]["id"]
            self.call("GET", f"{path}/{newest}")
        self.call("GET", "/balance")
        made = self.call("POST", "/webhook_endpoints", url="http://127.0.0.1/hook", **{"enabled_events[]": "*"})
        self.see("/webhook_endpoints", made["id"], disabled="true")
        self.call("DELETE", f"/webhook_endpoints/{made['id']}")


def template(route: Route) -> str:
    return f"{route.method} /v1{route.path}"


def test_every_call_answers_as_stripe_describes_it(sandbox: Sandbox, stripe: Judge) -> None:
    tour = Tour(sandbox)
    parts = (
        tour.intents,
        tour.refunds,
        tour.people,
        tour.sessions,
        tour.shelf,
        tour.disputes,
        tour.connected,
        tour.shared,
        tour.older,
        tour.papers,
    )
    for part in parts:
        part()
    seen = [route for route in ROUTES if any(_is_of(route, exchange) for exchange in sandbox.exchanges)]
    # a card's refund is never cancelled, so there is no such answer but the refusal
    assert {template(route) for route in ROUTES if route not in seen} == {"POST /v1/refunds/<ref>/cancel"}
    assert stripe.all_faults(sandbox.exchanges) == []


def _is_of(route: Route, exchange: Exchange) -> bool:
    asked = exchange.url.split("/v1", 1)[1].split("?")[0].split("/")
    parts = route.path.split("/")
    fits = len(asked) == len(parts) and all(p.startswith("<") or p == a for p, a in zip(parts, asked, strict=True))
    return fits and route.method == exchange.method


def test_events_that_are_sent_are_those_that_are_described(sandbox: Sandbox, stripe: Judge) -> None:
    Tour(sandbox).refunds()
    sandbox.pass_time(3600)
    told = sandbox.stripe("GET", "/events", {"limit": 100}).json()["data"]
    assert {"refund.created", "refund.failed", "charge.refund.updated"} <= {event["type"] for event in told}
    assert [fault for event in told for fault in stripe.event_faults(event)] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "colour"), ({"amount": "90000"}, "amount"), ({"status": "paid"}, "status"),
        ({"created": None}, "created"), ({"latest_charge": 7}, "latest_charge"), ({"amount": 1.5}, "amount"),
    ],
)  # fmt: skip
def test_the_judge_sees_a_spoiled_answer(sandbox: Sandbox, stripe: Judge, change: dict[str, Any], said: str) -> None:
    """The control: without it a judge that nods would pass everything."""
    right = Tour(sandbox).pay()
    exchange = sandbox.exchanges[-1]
    assert stripe.faults(exchange) == []
    spoiled = replace(exchange, answer=json.dumps({**right, **change}).encode())
    assert said in " ".join(stripe.faults(spoiled))


def test_the_judge_sees_a_spoiled_event_and_a_strange_parameter(sandbox: Sandbox, stripe: Judge) -> None:
    Tour(sandbox).pay()
    event = sandbox.stripe("GET", "/events").json()["data"][0]
    assert stripe.event_faults(event) == []
    event["data"]["object"]["colour"] = "red"
    assert stripe.event_faults(event) != []
    sent = {"amount": "1", "metadata[x]": "1", "shipping[colour]": "red", "colour": "red", "expand[]": "a"}
    strange = Exchange("POST", f"{sandbox.base_url}/v1/payment_intents", urlencode(sent), 200, b"{}")
    assert stripe.strange_parameters(strange) == ["shipping[colour]", "colour"]


@pytest.mark.parametrize("route", ROUTES, ids=template)
def test_each_call_knows_the_parameters_that_stripe_documents(stripe: Judge, route: Route) -> None:
    path = "/v1" + "/".join("x" if part.startswith("<") else part for part in route.path.split("/"))
    operation = stripe.operation(route.method, path)
    if operation is None:
        assert template(route) == "POST /v1/checkout/sessions/<ref>", "updating a session is newer than the document"
        return
    documented = stripe.parameters(*operation)
    assert set(documented) - set(route.params) == set(), "documented, and unknown to the sandbox"
    unknown = [name for name in _names(route.params) if not judge.leads({"properties": documented}, name)]
    strange = {
        re.findall(r"[a-z_]+", name)[-1] for name in unknown if not name.startswith(tuple(f"{n}[" for n in unknown))
    }
    assert strange <= set(NEWER_PARAMETERS) | {"expand"}, "the sandbox would take what Stripe refuses"


def _names(params: Mapping[str, Kind], within: str = "") -> Iterator[str]:
    """The full names of all parameters, members of objects and of lists of objects too."""
    for name, kind in params.items():
        full = f"{within}[{name}]" if within else name
        yield full
        for one in kind.kinds if isinstance(kind, EitherOr) else (kind,):
            inner = one.of if isinstance(one, Many) else one
            if isinstance(inner, Group):
                yield from _names(inner.members, f"{full}[0]" if isinstance(one, Many) else full)
