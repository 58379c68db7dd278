"""Door of ``/v1``: who asks, what is asked, the idempotency layer, one transaction, one JSON answer."""

import hmac
import json
import logging
from typing import Any

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from marketplace.sandbox.faults import Faults, Moment
from marketplace.sandbox.ids import new_id
from marketplace.sandbox.settings import Settings
from marketplace.sandbox.store import Store

from . import idempotency
from .errors import StripeError, no_access, veiled
from .events import API_VERSION, is_version
from .form import Tree, nest
from .idempotency import Key, Stored
from .objects import PLATFORM, Body, Call, expanded, find
from .params import read_params
from .routes import ROUTES, Route

_log = logging.getLogger(__name__)
_FORM = "application/x-www-form-urlencoded"


class Door:
    """Answers every call of ``/v1``; ``register`` hangs it into the app."""

    def __init__(self, store: Store, settings: Settings, faults: Faults) -> None:
        self._store = store
        self._settings = settings
        self._faults = faults

    def register(self, app: Flask) -> None:
        """All routes of the table, and Stripe's 404 for everything else below ``/v1``."""
        blueprint = Blueprint("stripe", __name__, url_prefix="/v1")
        for at, route in enumerate(ROUTES):
            blueprint.add_url_rule(
                route.path, f"call{at}", self._view(route), methods=[route.method], provide_automatic_options=False,
                strict_slashes=True,
            )  # fmt: skip
        blueprint.add_url_rule("/", "unknown", self._unknown, methods=_ALL)
        blueprint.add_url_rule("/<path:rest>", "unknown", self._unknown, methods=_ALL)
        app.register_blueprint(blueprint)

    def _view(self, route: Route) -> Any:
        def view(**ids: str) -> Response:
            return self._answer(route, ids)

        return view

    def _unknown(self, rest: str = "") -> Response:
        return self._answer(None, {})

    def _answer(self, route: Route | None, ids: dict[str, str]) -> Response:
        request_id = new_id("req", 14)
        try:
            account = self._account()
            self._faults.strike("stripe", request.path, Moment.BEFORE)
            if route is None:
                raise _unrecognized()
            answer = self._run(route, ids, account, request_id)
            self._faults.strike("stripe", request.path, Moment.AFTER)
        except StripeError as error:
            answer = _response(error.status, error.body(request_id))
            if error.status in (409, 429):
                answer.headers["Stripe-Should-Retry"] = "true"
            if error.status == 401:
                answer.headers["WWW-Authenticate"] = 'Basic realm="Stripe"'
        except HTTPException as error:
            refusal = StripeError(error.code or 400, error.description or "Invalid request.")
            answer = _response(refusal.status, refusal.body(request_id))
        answer.headers["Request-Id"] = request_id
        answer.headers["Stripe-Version"] = request.headers.get("Stripe-Version", API_VERSION)
        if "Idempotency-Key" in request.headers:
            answer.headers["Idempotency-Key"] = request.headers["Idempotency-Key"]
        return answer

    def _run(self, route: Route, ids: dict[str, str], account: str, request_id: str) -> Response:
        raw = _sent()
        key = None
        if request.method == "POST" and "Idempotency-Key" in request.headers:
            key = idempotency.key_of(account, request.headers["Idempotency-Key"], request.path, raw)
            with self._store.read() as db:
                stored = idempotency.recall(db, key)
            if stored:
                return _replayed(stored)
        params = read_params(raw, route.params)
        route.check(params, self._settings)
        if key and (stored := idempotency.claim(self._store, key, request_id)):
            return _replayed(stored)
        return self._execute(route, ids, params, key, account, request_id)

    def _execute(
        self, route: Route, ids: dict[str, str], params: dict[str, Any], key: Key | None, account: str, request_id: str
    ) -> Response:
        """Run the call in one transaction; its answer is kept under the key in the same one."""
        try:
            with self._transaction(route) as db:
                call = Call(
                    db, self._settings, params, request_id, key.value if key else None,
                    request.headers.get("Stripe-Version"), account,
                )  # fmt: skip
                status, body = _result(route, call, ids)
                if self._faults.take("stripe", path=request.path, moment=Moment.INSIDE):
                    raise StripeError(500, "Fault on demand: something went wrong on our end.", kind="api_error")
                if key:
                    idempotency.fill(db, key, status, body)
                return _response(status, body)
        except StripeError as error:
            refusal = error
        except Exception:  # a fault of ours, whatever it is, is Stripe's 500: stored under the key as its answer
            _log.exception("a call failed: %s %s", request.method, request.path)
            refusal = StripeError(500, "An unknown error occurred in the sandbox.", kind="api_error")
        body = refusal.body(request_id)
        if key:
            with self._store.write() as db:
                idempotency.fill(db, key, refusal.status, body)
        return _response(refusal.status, body)

    def _transaction(self, route: Route) -> Any:
        # looking at a test PaymentMethod or token makes one, so only lists and plain reads go without the write lock
        reads = route.method == "GET" and not route.path.startswith(("/payment_methods/", "/tokens/"))
        return self._store.read() if reads else self._store.write()

    def _account(self) -> str:
        """The account a key belongs to; raises 401 or 403."""
        given = request.authorization
        key = (given.token if given and given.type == "bearer" else given.username if given else None) or ""
        if not key:
            raise StripeError(
                401,
                "You did not provide an API key. You need to provide your API key in the Authorization header, using "
                "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            )
        if key.startswith("pk_"):
            raise StripeError(
                403,
                "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a "
                "list of your API keys at https://dashboard.stripe.com/account/apikeys.",
                code="secret_key_required",
            )
        if not hmac.compare_digest(key.encode(), self._settings.stripe_key.encode()):
            raise StripeError(401, f"Invalid API Key provided: {veiled(key)}")
        version = request.headers.get("Stripe-Version", API_VERSION)
        if not is_version(version):
            raise StripeError(400, f"Invalid Stripe API version: {version}")
        return self._acting_for(request.headers.get("Stripe-Account"))

    def _acting_for(self, connected: str | None) -> str:
        """The platform itself, or the connected account it speaks for; raises 403."""
        if connected is None:
            return PLATFORM
        with self._store.read() as db:
            if find(db, "account", connected) is None:
                raise no_access(self._settings.stripe_key, connected)
        if request.path.startswith(_OF_THE_PLATFORM):
            raise StripeError(403, "Only the platform itself does this in the sandbox: leave Stripe-Account out.")
        return connected


#: What a connected account can't be asked about with ``Stripe-Account``.
_OF_THE_PLATFORM = ("/v1/transfers", "/v1/application_fees")
_ALL = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def _result(route: Route, call: Call, ids: dict[str, str]) -> tuple[int, Body]:
    try:
        body = route.run(call, **ids)
    except StripeError as error:
        if not error.keeps_effects:
            raise
        return error.status, error.body(str(call.request_id))
    return 200, expanded(call.db, body, call.params.get("expand", []))


def _sent() -> Tree:
    """The parameters of the query or of a form body; anything but a form is refused."""
    if request.method in ("GET", "DELETE") or not request.content_length:
        return nest(request.args.items(multi=True))
    if request.mimetype not in (_FORM, "multipart/form-data"):
        raise StripeError(400, f"Invalid request (check that your POST content type is {_FORM}).")
    return nest([*request.args.items(multi=True), *request.form.items(multi=True)])


#: Parts of Stripe that have no call here, by the first words of their addresses.
_STAYS_OUT = """
    account_links account_sessions apple_pay billing billing_portal climate confirmation_tokens country_specs coupons
    credit_notes crypto customer_sessions entitlements ephemeral_keys exchange_rates file_links files
    financial_connections forwarding identity invoice_payments invoice_rendering_templates invoiceitems invoices issuing
    linked_accounts mandates payment_attempt_records payment_links payment_method_configurations payment_method_domains
    payment_records plans promotion_codes quotes radar reporting reviews setup_attempts shipping_rates sigma sources
    subscription_items subscription_schedules subscriptions tax tax_codes tax_ids tax_rates terminal test_helpers topups
    treasury
"""

#: Calls of single objects that have none here: the object's address, and the words after its id.
_STAYS_OUT_OF = {
    "accounts": "bank_accounts external_accounts login_links people persons reject",
    "charges": "dispute refund refunds",
    "customers": "balance_transactions bank_accounts cards cash_balance cash_balance_transactions discount "
    "funding_instructions sources subscriptions tax_ids",
    "payment_intents": "amount_details_line_items apply_customer_balance increment_authorization verify_microdeposits",
    "products": "features",
    "setup_intents": "verify_microdeposits",
}


def _stays_out() -> bool:
    first, _, third, *_ = [*request.path.removeprefix("/v1/").split("/"), "", ""]
    return first in _STAYS_OUT.split() or third in _STAYS_OUT_OF.get(first, "").split()


def _unrecognized() -> StripeError:
    if _stays_out():
        return StripeError(
            404, f"Unrecognized request URL ({request.method}: {request.path}). Stripe has this call, the sandbox has "
            "not: it offers what a marketplace needs to be paid, to pay back and to pay out.",
        )  # fmt: skip
    return StripeError(
        404,
        f"Unrecognized request URL ({request.method}: {request.path}). If you are trying to list objects, remove the "
        "trailing slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier "
        "in your code. Please see https://stripe.com/docs.",
    )


def _response(status: int, body: Any) -> Response:
    return Response(json.dumps(body, ensure_ascii=False, indent=2), status, content_type="application/json")


def _replayed(stored: Stored) -> Response:
    answer = _response(stored.status, stored.body)
    answer.headers["Idempotent-Replayed"] = "true"
    answer.headers["Original-Request"] = stored.request_id
    if stored.status >= 400:
        answer.headers["Stripe-Should-Retry"] = "false"
    return answer
