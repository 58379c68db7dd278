"""Words for what can go wrong with producers."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "producer_not_found": _l("We could not find this producer."),
    "producer_state": _l("Somebody decided about this producer in the meantime. Please look at it again."),
    "producer_identity_fixed": _l(
        "Kind, name and tax code were verified. Please ask the operator when one of them has changed."
    ),
    "reason_needed": _l("Please write the reason: the other side will read it."),
    "operator_needed": _l("Only the operator decides this."),
    "tax_code_unreadable": _l("A tax code has 10, 12 or 13 digits, for example 0312345678 or 0312345678-001."),
    "commune_needed": _l("Please choose the commune or ward."),
}
