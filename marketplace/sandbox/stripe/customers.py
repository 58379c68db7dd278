"""Customers, as far as a checkout needs them."""

from .addresses import ADDRESS, RESIDENCE
from .errors import StripeError
from .events import record
from .methods import use
from .objects import Body, Call, every, fresh, get, listing, put, save, seek, shown, was_deleted
from .params import EXPAND, PAGE, Email, Group, Kind, Many, Metadata, Text, merged, not_kept

_DEFAULT = "invoice_settings[default_payment_method]"
CREATE: dict[str, Kind] = {
    "address": ADDRESS,
    "description": Text(clearable=True),
    "email": Email(clearable=True),
    "invoice_settings": Group(
        {
            "default_payment_method": Text(clearable=True),
            **not_kept("custom_fields", "footer", "rendering_options", why="it writes no invoices"),
        }
    ),
    "metadata": Metadata(),
    "name": Text(clearable=True, longest=256),
    "phone": Text(clearable=True, longest=20),
    "payment_method": Text(),
    "preferred_locales": Many(Text()),
    "shipping": RESIDENCE,
    "tax_exempt": Text(choices=("exempt", "none", "reverse"), clearable=True),
    "expand": EXPAND,
    **not_kept(
        "balance", "cash_balance", "coupon", "invoice_prefix", "next_invoice_sequence",
        "promotion_code", "source", "tax", "tax_id_data", "test_clock", why="it keeps no invoices and no sources",
    ),
}  # fmt: skip
UPDATE: dict[str, Kind] = {
    **{name: kind for name, kind in CREATE.items() if name not in ("payment_method", "tax_id_data", "test_clock")},
    **not_kept(
        "bank_account", "card", "default_alipay_account", "default_bank_account", "default_card", "default_source",
        why="it keeps no invoices and no sources",
    ),
}  # fmt: skip
LIST: dict[str, Kind] = {**PAGE, "email": Text(longest=512), **not_kept("test_clock", why="it has no test clocks")}


def create(call: Call) -> Body:
    """A customer."""
    given = call.params
    customer = fresh(
        "customer", "cus",
        address=given.get("address"), balance=0, currency=None, default_source=None, delinquent=False,
        description=given.get("description"), discount=None, email=given.get("email"),
        invoice_prefix=None, invoice_settings={
            "custom_fields": None, "default_payment_method": None, "footer": None, "rendering_options": None
        },
        metadata=merged({}, given.get("metadata", {})), name=given.get("name"), next_invoice_sequence=1,
        phone=given.get("phone"), preferred_locales=given.get("preferred_locales", []), shipping=given.get("shipping"),
        tax_exempt=given.get("tax_exempt") or "none",
        test_clock=None,
    )  # fmt: skip
    if "payment_method" in given:
        method = use(call, given["payment_method"])
        save(call.db, {**method, "customer": customer["id"]})
    _choose_method(call, customer)
    put(call, customer)
    record(call, "customer.created", customer)
    return shown(customer)


def retrieve(call: Call, ref: str) -> Body:
    """One customer; of a deleted one only that it is."""
    if seek(call, "customer", ref) is None and was_deleted(call.db, "customer", ref):
        return _deleted(ref)
    return shown(get(call, "customer", ref))


def _deleted(ref: str) -> Body:
    return {"id": ref, "object": "customer", "deleted": True}


def update(call: Call, ref: str) -> Body:
    """Change a customer; metadata is merged."""
    customer = get(call, "customer", ref)
    before = dict(customer)
    for name in ("address", "description", "email", "name", "phone", "shipping", "tax_exempt"):
        if name in call.params:
            customer[name] = call.params[name] or ("none" if name == "tax_exempt" else None)
    if "preferred_locales" in call.params:
        customer["preferred_locales"] = call.params["preferred_locales"]
    _choose_method(call, customer)
    if "metadata" in call.params:
        customer["metadata"] = merged(customer["metadata"], call.params["metadata"])
    save(call.db, customer)
    record(call, "customer.updated", customer, before=before)
    return shown(customer)


def delete(call: Call, ref: str) -> Body:
    """Forget a customer; saved PaymentMethods can't be used any more."""
    customer = get(call, "customer", ref)
    save(call.db, {**customer, "_deleted": True})
    for method in every(call.db, "payment_method", customer=ref):
        save(call.db, {**method, "customer": None, "_spent": True})
    record(call, "customer.deleted", customer)
    return _deleted(ref)


def list_customers(call: Call) -> Body:
    """Customers, newest first, by e-mail."""
    return listing(call, "customer", "/v1/customers", email=call.params.get("email"))


def _choose_method(call: Call, customer: Body) -> None:
    """The customer's default PaymentMethod, one of its own; raises StripeError."""
    chosen = (call.params.get("invoice_settings") or {}).get("default_payment_method", "")
    if chosen == "":
        return
    if (
        chosen is not None
        and get(call, "payment_method", chosen, status=400, param=_DEFAULT)["customer"] != customer["id"]
    ):
        raise StripeError(
            400, f"The customer does not have a payment method with the ID {chosen}.", code="resource_missing",
            param=_DEFAULT,
        )  # fmt: skip
    customer["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": chosen}
