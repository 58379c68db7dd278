"""The currencies of the sandbox's account."""

from typing import Any

from .errors import BadParameter

CURRENCIES = ("vnd", "usd", "eur", "gbp", "jpy", "sgd", "thb", "aud", "cad", "krw", "cny", "hkd", "chf")


def check_currency(params: Any) -> None:
    """Raise BadParameter for a currency that is none of ours."""
    if "currency" in params and params["currency"].lower() not in CURRENCIES:
        raise BadParameter(
            f"Invalid currency: {params['currency']}. The sandbox supports these currencies: {', '.join(CURRENCIES)}",
            param="currency",
        )
