"""Markets and cashless streets, their stalls, and what is sold there; one file per subject."""

from marketplace.stalls.models.accounts import StallAccount
from marketplace.stalls.models.fees import FeeState, MarketFee
from marketplace.stalls.models.former import FormerPayment
from marketplace.stalls.models.markets import Market, MarketKind, Stall, StallProducer
from marketplace.stalls.models.sales import (
    CancelReason,
    Means,
    Sale,
    SaleCode,
    SaleConversion,
    SaleLine,
    SaleReceipt,
    SaleRefusal,
    SaleState,
)
from marketplace.stalls.models.shifts import Shift, ShiftCount
from marketplace.stalls.models.stickers import StickerCheck, StickerReport, StickerResult

__all__ = [
    "CancelReason",
    "FeeState",
    "FormerPayment",
    "Market",
    "MarketFee",
    "MarketKind",
    "Means",
    "Sale",
    "SaleCode",
    "SaleConversion",
    "SaleLine",
    "SaleReceipt",
    "SaleRefusal",
    "SaleState",
    "Shift",
    "ShiftCount",
    "Stall",
    "StallAccount",
    "StallProducer",
    "StickerCheck",
    "StickerReport",
    "StickerResult",
]
