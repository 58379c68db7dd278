"""The table of calls: method, path, what runs, which parameters it knows, what is checked before it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from marketplace.sandbox.settings import Settings

from . import (
    accounts,
    balance,
    capabilities,
    charges,
    checkout,
    customers,
    disputes,
    endpoints,
    events,
    fees,
    intents,
    methods,
    oldcharges,
    payouts,
    products,
    refunds,
    searching,
    setups,
    tokens,
    transfers,
)
from .currencies import check_currency
from .objects import Body
from .params import EXPAND, PLAIN_PAGE, Kind


def _unchecked(_params: Any, _settings: Settings) -> None:
    """Nothing to check beyond the parameters themselves."""


@dataclass(frozen=True, slots=True)
class Route:
    """One call. ``run`` takes a Call and the ids of the path; ``check`` raises BadParameter before anything runs."""

    method: str
    path: str
    run: Callable[..., Body]
    params: Mapping[str, Kind] = field(default_factory=lambda: {"expand": EXPAND})
    check: Callable[[Any, Settings], None] = _unchecked


def _check_currency(params: Any, _settings: Settings) -> None:
    check_currency(params)


_SEARCH = searching.PARAMS
ROUTES: tuple[Route, ...] = (
    Route("POST", "/payment_intents", intents.create, intents.CREATE, intents.check_create),
    Route("GET", "/payment_intents", intents.list_intents, intents.LIST),
    Route("GET", "/payment_intents/<ref>", intents.retrieve, intents.RETRIEVE),
    Route("POST", "/payment_intents/<ref>", intents.update, intents.UPDATE, intents.check_update),
    Route("POST", "/payment_intents/<ref>/confirm", intents.confirm, intents.CONFIRM, intents.check_confirm),
    Route("POST", "/payment_intents/<ref>/capture", intents.capture, intents.CAPTURE),
    Route("POST", "/payment_intents/<ref>/cancel", intents.cancel, intents.CANCEL),
    Route("GET", "/payment_intents/search", searching.search("payment_intent", "/v1/payment_intents/search"), _SEARCH),
    Route("POST", "/charges", oldcharges.create, oldcharges.CREATE, oldcharges.check_create),
    Route("GET", "/charges/search", searching.search("charge", "/v1/charges/search"), _SEARCH),
    Route("POST", "/charges/<ref>/capture", oldcharges.capture, oldcharges.CAPTURE),
    Route("POST", "/tokens", tokens.create, tokens.CREATE),
    Route("GET", "/tokens/<ref>", tokens.retrieve),
    Route("GET", "/customers/search", searching.search("customer", "/v1/customers/search"), _SEARCH),
    Route("GET", "/charges", charges.list_charges, charges.LIST),
    Route("GET", "/charges/<ref>", charges.retrieve),
    Route("POST", "/charges/<ref>", charges.update, charges.UPDATE),
    Route("GET", "/charges/<ref>/refunds", charges.list_refunds, PLAIN_PAGE),
    Route("POST", "/refunds", refunds.create, refunds.CREATE, refunds.check_create),
    Route("GET", "/refunds", refunds.list_refunds, refunds.LIST),
    Route("GET", "/refunds/<ref>", refunds.retrieve),
    Route("POST", "/refunds/<ref>", refunds.update, refunds.UPDATE),
    Route("POST", "/refunds/<ref>/cancel", refunds.cancel),
    Route("POST", "/payment_methods", methods.create, methods.CREATE),
    Route("GET", "/payment_methods", methods.list_methods, methods.LIST),
    Route("GET", "/payment_methods/<ref>", methods.retrieve),
    Route("POST", "/payment_methods/<ref>", methods.update, methods.UPDATE),
    Route("POST", "/payment_methods/<ref>/attach", methods.attach, methods.ATTACH),
    Route("POST", "/payment_methods/<ref>/detach", methods.detach, methods.DETACH),
    Route("POST", "/customers", customers.create, customers.CREATE),
    Route("GET", "/customers", customers.list_customers, customers.LIST),
    Route("GET", "/customers/<ref>", customers.retrieve),
    Route("POST", "/customers/<ref>", customers.update, customers.UPDATE),
    Route("DELETE", "/customers/<ref>", customers.delete),
    Route("GET", "/customers/<ref>/payment_methods", methods.list_of_customer, methods.LIST_OF_CUSTOMER),
    Route("GET", "/customers/<ref>/payment_methods/<method>", methods.retrieve_of_customer),
    Route("POST", "/products", products.create, products.CREATE),
    Route("GET", "/products", products.list_products, products.LIST),
    Route("GET", "/products/search", searching.search("product", "/v1/products/search"), _SEARCH),
    Route("GET", "/products/<ref>", products.retrieve),
    Route("POST", "/products/<ref>", products.update, products.UPDATE),
    Route("DELETE", "/products/<ref>", products.delete),
    Route("POST", "/prices", products.create_price, products.CREATE_PRICE, products.check_price),
    Route("GET", "/prices", products.list_prices, products.LIST_PRICES),
    Route("GET", "/prices/search", searching.search("price", "/v1/prices/search"), _SEARCH),
    Route("GET", "/prices/<ref>", products.retrieve_price),
    Route("POST", "/prices/<ref>", products.update_price, products.UPDATE_PRICE),
    Route("GET", "/disputes", disputes.list_disputes, disputes.LIST),
    Route("GET", "/disputes/<ref>", disputes.retrieve),
    Route("POST", "/disputes/<ref>", disputes.update, disputes.UPDATE),
    Route("POST", "/disputes/<ref>/close", disputes.close),
    Route("GET", "/balance", balance.balance),
    Route("GET", "/balance_transactions", balance.list_transactions, balance.LIST),
    Route("GET", "/balance_transactions/<ref>", balance.retrieve),
    Route("POST", "/setup_intents", setups.create, setups.CREATE, setups.check),
    Route("GET", "/setup_intents", setups.list_setups, setups.LIST),
    Route("GET", "/setup_intents/<ref>", setups.retrieve, setups.RETRIEVE),
    Route("POST", "/setup_intents/<ref>", setups.update, setups.UPDATE, setups.check),
    Route("POST", "/setup_intents/<ref>/confirm", setups.confirm, setups.CONFIRM, setups.check),
    Route("POST", "/setup_intents/<ref>/cancel", setups.cancel, setups.CANCEL),
    Route("POST", "/checkout/sessions", checkout.create, checkout.CREATE, checkout.check_create),
    Route("GET", "/checkout/sessions", checkout.list_sessions, checkout.LIST),
    Route("GET", "/checkout/sessions/<ref>", checkout.retrieve),
    Route("POST", "/checkout/sessions/<ref>", checkout.update, checkout.UPDATE),
    Route("GET", "/checkout/sessions/<ref>/line_items", checkout.list_items, checkout.LIST_ITEMS),
    Route("POST", "/checkout/sessions/<ref>/expire", checkout.expire, checkout.EXPIRE),
    Route("POST", "/accounts", accounts.create, accounts.CREATE, accounts.check),
    Route("GET", "/account", accounts.retrieve_own),
    Route("GET", "/accounts", accounts.list_accounts, accounts.LIST),
    Route("GET", "/accounts/<ref>", accounts.retrieve),
    Route("POST", "/accounts/<ref>", accounts.update, accounts.UPDATE, accounts.check),
    Route("DELETE", "/accounts/<ref>", accounts.delete),
    Route("GET", "/accounts/<ref>/capabilities", capabilities.list_capabilities),
    Route("GET", "/accounts/<ref>/capabilities/<name>", capabilities.retrieve),
    Route("POST", "/accounts/<ref>/capabilities/<name>", capabilities.update, capabilities.UPDATE),
    Route("POST", "/transfers", transfers.create, transfers.CREATE, transfers.check_create),
    Route("GET", "/transfers", transfers.list_transfers, transfers.LIST),
    Route("GET", "/transfers/<ref>", transfers.retrieve),
    Route("POST", "/transfers/<ref>", transfers.update, transfers.UPDATE),
    Route("POST", "/transfers/<ref>/reversals", transfers.reverse, transfers.REVERSE),
    Route("GET", "/transfers/<ref>/reversals", transfers.list_reversals, PLAIN_PAGE),
    Route("GET", "/transfers/<ref>/reversals/<reversal>", transfers.retrieve_reversal),
    Route("POST", "/transfers/<ref>/reversals/<reversal>", transfers.update_reversal, transfers.UPDATE_REVERSAL),
    Route("GET", "/application_fees", fees.list_fees, fees.LIST),
    Route("GET", "/application_fees/<ref>", fees.retrieve),
    Route("POST", "/application_fees/<ref>/refunds", fees.refund, fees.REFUND),
    Route("GET", "/application_fees/<ref>/refunds", fees.list_refunds, PLAIN_PAGE),
    Route("GET", "/application_fees/<ref>/refunds/<back>", fees.retrieve_refund),
    Route("POST", "/application_fees/<ref>/refunds/<back>", fees.update_refund, fees.UPDATE_REFUND),
    Route("POST", "/payouts", payouts.create, payouts.CREATE, _check_currency),
    Route("GET", "/payouts", payouts.list_payouts, payouts.LIST),
    Route("GET", "/payouts/<ref>", payouts.retrieve),
    Route("POST", "/payouts/<ref>", payouts.update, payouts.UPDATE),
    Route("POST", "/payouts/<ref>/cancel", payouts.cancel),
    Route("POST", "/payouts/<ref>/reverse", payouts.reverse, payouts.REVERSE),
    Route("GET", "/events", events.list_events, events.LIST, events.check_list),
    Route("GET", "/events/<ref>", events.retrieve),
    Route("POST", "/webhook_endpoints", endpoints.create, endpoints.CREATE),
    Route("GET", "/webhook_endpoints", endpoints.list_endpoints, endpoints.LIST),
    Route("GET", "/webhook_endpoints/<ref>", endpoints.retrieve),
    Route("POST", "/webhook_endpoints/<ref>", endpoints.update, endpoints.UPDATE),
    Route("DELETE", "/webhook_endpoints/<ref>", endpoints.delete),
)
