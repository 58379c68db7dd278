"""Card tokens, as older integrations make and charge them: ``tok_visa`` and tokens of typed test cards."""

from . import methods
from .cards import BY_TOKEN
from .objects import Body, Call, fresh, get, put, shown
from .params import EXPAND, Group, Kind, Text, Whole, not_kept

#: A card as tokens and charges take it.
CARD: dict[str, Kind] = {
    "number": Text(required=True),
    "exp_month": Whole(required=True),
    "exp_year": Whole(required=True),
    "cvc": Text(longest=4),
    "name": Text(),
    **{f"address_{part}": Text() for part in ("city", "country", "line1", "line2", "state", "zip")},
}
_SHOWN = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
CREATE: dict[str, Kind] = {
    "card": Group({**CARD, "currency": Text()}, required=True),
    "expand": EXPAND,
    **not_kept(
        "account", "bank_account", "customer", "cvc_update", "person", "pii", why="it makes tokens of cards only"
    ),
}


def create(call: Call) -> Body:
    """A token of a test card, good for one use."""
    given = call.params["card"]
    return shown(_made(call, methods.from_card(given, within="card"), given))


def retrieve(call: Call, ref: str) -> Body:
    """One token; a test name such as ``tok_visa`` answers with a new one of its kind."""
    if ref in BY_TOKEN:
        return shown(_made(call, methods.of_token(call, ref, param="token"), {}))
    return shown(get(call, "token", ref, param="token"))


def _made(call: Call, method: Body, given: Body) -> Body:
    card, details = method["card"], method["billing_details"]
    face = {
        "id": f"card_{method['id'].removeprefix('pm_')}", "object": "card",
        **{name: card[name] for name in _SHOWN},
        **{name: given.get(name) for name in CARD if name.startswith("address_")},
        "address_line1_check": None, "address_zip_check": None, "cvc_check": "unchecked", "dynamic_last4": None,
        "metadata": {}, "name": details["name"], "tokenization_method": None,
    }  # fmt: skip
    token = fresh("token", "tok", card=face, client_ip=None, type="card", used=False, _number=method["_number"])
    return put(call, token)
