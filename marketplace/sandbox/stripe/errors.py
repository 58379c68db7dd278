"""Stripe's error objects: type, code, param, message, doc_url (docs.stripe.com/api/errors)."""

from typing import Any

_DOCS = "https://stripe.com/docs/error-codes/"


class StripeError(Exception):
    """An answer other than success. ``facts`` are further members of the error object."""

    #: True when what the call changed before it was refused stands: a declined card leaves a failed charge behind.
    keeps_effects = False

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"type": kind, "message": message}
        if code is not None:
            self.error |= {"code": code, "doc_url": _DOCS + code.replace("_", "-")}
        if param is not None:
            self.error["param"] = param
        self.error |= facts

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON body of the answer."""
        return {"error": {**self.error, "request_log_url": f"https://dashboard.stripe.com/test/logs/{request_id}"}}


class BadParameter(StripeError):
    """The request's own words are wrong. Found before anything runs, so an idempotency key keeps no trace of it."""

    def __init__(self, message: str, *, param: str | None, code: str | None = None) -> None:
        super().__init__(400, message, code=code, param=param)


def absent(name: str) -> BadParameter:
    """A parameter that the call can't do without."""
    return BadParameter(f"Missing required param: {name}.", param=name, code="parameter_missing")


def exclusive(*names: str, param: str) -> BadParameter:
    """Parameters that cannot be given together; ``param`` is the one that the refusal names."""
    words = f"You may only specify one of these parameters: {', '.join(names)}."
    return BadParameter(words, param=param, code="parameters_exclusive")


#: Kinds whose name in messages is more than the words of it.
_NAMES = {
    "on_behalf_of": "on_behalf_of", "payment_intent": "payment_intent", "payment_method": "PaymentMethod",
    "setup_intent": "setupintent",
}  # fmt: skip


def missing(kind: str, ref: str, *, param: str, status: int = 404) -> StripeError:
    """No such object: 404 for the one in the address, 400 for one named by a parameter."""
    shown = _NAMES.get(kind, kind.replace("_", " "))
    return StripeError(status, f"No such {shown}: '{ref}'", code="resource_missing", param=param)


def veiled(key: str) -> str:
    """An API key as messages show it."""
    return f"{key[:8]}{'*' * max(0, len(key) - 12)}{key[-4:]}" if len(key) > 12 else "*" * len(key)


def no_access(key: str, account: str) -> StripeError:
    """An account that is none, or none of the key's: Stripe does not say which."""
    return StripeError(
        403,
        f"The provided key '{veiled(key)}' does not have access to account '{account}' (or that account does not "
        "exist). Application access may have been revoked.",
        code="account_invalid",
    )


def wrong_state(message: str, intent: dict[str, Any]) -> StripeError:
    """The PaymentIntent's status does not allow the call; nothing changed."""
    return StripeError(400, message, code="payment_intent_unexpected_state", payment_intent=intent)
