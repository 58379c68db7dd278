"""The verbs of markets and stalls. They flush and never commit."""

from marketplace.producers.account_steps import BankAccount
from marketplace.stalls.services.accounts import (
    name_account,
    refuse_account,
    verify_account,
)
from marketplace.stalls.services.codes import burn_code, reserve_codes
from marketplace.stalls.services.fees import (
    MarketFees,
    change_fee,
    set_fees,
    take_fee_in_cash,
    waive_fee,
)
from marketplace.stalls.services.goods import (
    SALE_LINE,
    Wanted,
    link_producer,
)
from marketplace.stalls.services.incoming import confirm_receipt, record_incoming
from marketplace.stalls.services.markets import (
    appoint_manager,
    appoint_vendor,
    change_market,
    change_stall,
    dismiss_vendor,
    open_market,
    open_stall,
)
from marketplace.stalls.services.replaying import find_refusal, note_sale_refusal
from marketplace.stalls.services.sales import cancel_sale, convert_to_cash, is_closed, take_sale
from marketplace.stalls.services.settling import StallSales
from marketplace.stalls.services.shifts import close_shift, open_shift
from marketplace.stalls.services.stickers import (
    ReadAccount,
    check_sticker,
    close_report,
)

__all__ = [
    "SALE_LINE",
    "BankAccount",
    "MarketFees",
    "ReadAccount",
    "StallSales",
    "Wanted",
    "appoint_manager",
    "appoint_vendor",
    "burn_code",
    "cancel_sale",
    "change_fee",
    "change_market",
    "change_stall",
    "check_sticker",
    "close_report",
    "close_shift",
    "confirm_receipt",
    "convert_to_cash",
    "dismiss_vendor",
    "find_refusal",
    "is_closed",
    "link_producer",
    "name_account",
    "note_sale_refusal",
    "open_market",
    "open_shift",
    "open_stall",
    "record_incoming",
    "refuse_account",
    "reserve_codes",
    "set_fees",
    "take_fee_in_cash",
    "take_sale",
    "verify_account",
    "waive_fee",
]
