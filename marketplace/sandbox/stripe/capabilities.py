"""Capabilities of connected accounts: the sandbox gives what is needed to be paid and to be charged, and no other."""

from . import accounts
from .errors import StripeError, missing
from .objects import Body, Call
from .params import EXPAND, Flag, Kind

UPDATE: dict[str, Kind] = {"requested": Flag(), "expand": EXPAND}


def list_capabilities(call: Call, ref: str) -> Body:
    """All capabilities of one account."""
    account = accounts.retrieve(call, ref)
    data = [_shown(account, name) for name in account["capabilities"]]
    return {"object": "list", "url": f"/v1/accounts/{ref}/capabilities", "has_more": False, "data": data}


def retrieve(call: Call, ref: str, name: str) -> Body:
    """One capability of one account."""
    return _shown(accounts.retrieve(call, ref), name)


def update(call: Call, ref: str, name: str) -> Body:
    """Request a capability: it is active already. Giving it up is refused, because nothing would follow from it."""
    found = retrieve(call, ref, name)
    if not call.params.get("requested", True):
        raise StripeError(400, "The sandbox's accounts keep their capabilities: nothing is taken from them.",
                          param="requested")  # fmt: skip
    return found


def _shown(account: Body, name: str) -> Body:
    if name not in account["capabilities"]:
        raise missing("capability", name, param="capability")
    return {
        "id": name, "object": "capability", "account": account["id"], "requested": True,
        "requested_at": account["created"], "status": account["capabilities"][name],
        "requirements": account["requirements"], "future_requirements": account["future_requirements"],
    }  # fmt: skip
