"""The verbs of markets and stalls. They flush and never commit."""

from marketplace.stalls.services.markets import (
    SIMULATED_BIN,
    BankAccount,
    appoint_manager,
    appoint_vendor,
    change_market,
    change_stall,
    dismiss_vendor,
    open_market,
    open_stall,
    set_bank_account,
)
from marketplace.stalls.services.sales import cancel_sale, is_closed, take_sale
from marketplace.stalls.services.settling import StallSales
from marketplace.stalls.services.shifts import close_shift, open_shift

__all__ = [
    "SIMULATED_BIN",
    "BankAccount",
    "StallSales",
    "appoint_manager",
    "appoint_vendor",
    "cancel_sale",
    "change_market",
    "change_stall",
    "close_shift",
    "dismiss_vendor",
    "is_closed",
    "open_market",
    "open_shift",
    "open_stall",
    "set_bank_account",
    "take_sale",
]
