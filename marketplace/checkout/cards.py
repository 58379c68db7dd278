"""The sandbox's test cards. A card number is never typed into this shop: a buyer picks one of these names."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

#: Names of the gateway's test mode (docs.stripe.com/testing) with what happens when one pays with it.
TEST_CARDS: Mapping[str, LazyString] = {
    "pm_card_visa": _l("A card that pays at once"),
    "pm_card_threeDSecure2Required": _l("A card whose bank asks the buyer to confirm"),
    "pm_card_visa_chargeDeclined": _l("A card that its bank declines"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": _l("A card without enough money"),
    "pm_card_visa_chargeDeclinedExpiredCard": _l("A card that has expired"),
    "pm_card_threeDSecureRequiredChargeDeclined": _l("A card that is refused after the buyer has confirmed"),
    "pm_card_chargeDeclinedProcessingError": _l("A card whose bank has a fault just now"),
    "pm_card_pendingRefund": _l("A card to which refunds take a while"),
    "pm_card_refundFail": _l("A card from which refunds come back later"),
}
