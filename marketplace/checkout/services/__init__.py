"""The verbs of checkout. They flush and never commit; postings are named in the docstring of each verb."""

from marketplace.checkout.services.documents import InvoiceWish, request_invoice
from marketplace.checkout.services.drafts import drop_draft, read_delivery, save_draft
from marketplace.checkout.services.earning import give_shares_again, split, take_back_shares, take_back_split
from marketplace.checkout.services.fees import NewRule, add_fee_rule
from marketplace.checkout.services.giving_again import request_again
from marketplace.checkout.services.opening import lock_payments, open_payments
from marketplace.checkout.services.refunding import GiveBack, request_refund
from marketplace.checkout.services.returns import ReturnWish, ask_return, move_return

__all__ = [
    "GiveBack",
    "InvoiceWish",
    "NewRule",
    "ReturnWish",
    "add_fee_rule",
    "ask_return",
    "drop_draft",
    "give_shares_again",
    "lock_payments",
    "move_return",
    "open_payments",
    "read_delivery",
    "request_again",
    "request_invoice",
    "request_refund",
    "save_draft",
    "split",
    "take_back_shares",
    "take_back_split",
]
