"""The documented test cards (docs.stripe.com/testing): their numbers, PaymentMethods, and what each of them does."""

from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """What a card does beside paying or declining."""

    NONE = "none"
    ASK = "ask"
    """The customer must authenticate first (3-D Secure)."""
    ASK_OFF_SESSION = "ask_off_session"
    """Authentication is asked for unless the customer is there and set the card up."""
    ASK_IF_WANTED = "ask_if_wanted"
    """Authentication is asked for only when the call requests it (``request_three_d_secure``)."""
    REFUND_PENDING = "refund_pending"
    REFUND_FAILS = "refund_fails"
    DISPUTE = "dispute"
    KEPT = "kept"
    """A card that a customer may keep, and that declines each charge."""
    NEVER = "never"
    """A debit that its bank never answers by itself."""


#: The delayed kind of PaymentMethod that the sandbox knows beside cards, and the only currency it takes.
BANK_DEBIT = "us_bank_account"
BANK_DEBIT_CURRENCY = "usd"


@dataclass(frozen=True, slots=True)
class TestCard:
    """One test card, or test account of a bank (``kind``). ``code`` is None when it pays."""

    number: str
    names: tuple[str, ...]
    brand: str = "visa"
    funding: str = "credit"
    act: Act = Act.NONE
    code: str | None = None
    decline_code: str | None = None
    message: str = ""
    kind: str = "card"
    country: str = "US"

    @property
    def last4(self) -> str:
        return self.number[-4:]


_DECLINED = "Your card was declined."


def _decline(
    number: str,
    name: str,
    decline_code: str,
    *,
    code: str = "card_declined",
    message: str = _DECLINED,
    act: Act = Act.NONE,
    names: tuple[str, ...] = (),
) -> TestCard:
    names = (f"pm_card_visa_{name}", f"pm_card_{name}", *names)
    return TestCard(number, names, code=code, decline_code=decline_code, message=message, act=act)


#: Test cards of other countries: their numbers by country, as in ``pm_card_gb``.
_ABROAD = {
    "ar": "4000000320000021", "br": "4000000760000002", "ca": "4000001240000000", "mx": "4000004840008001",
    "at": "4000000400000008", "be": "4000000560000004", "ch": "4000007560000009", "de": "4000002760000016",
    "dk": "4000002080000001", "es": "4000007240000007", "fi": "4000002460000001", "fr": "4000002500000003",
    "gb": "4000008260000000", "ie": "4000003720000005", "it": "4000003800000008", "lu": "4000004420000006",
    "nl": "4000005280000002", "no": "4000005780000007", "pl": "4000006160000005", "pt": "4000006200000007",
    "se": "4000007520000008", "au": "4000000360000006", "cn": "4000001560000002", "hk": "4000003440000004",
    "in": "4000003560000008", "jp": "4000003920000003", "my": "4000004580000002", "nz": "4000005540000008",
    "sg": "4000007020000003", "th": "4000007640000003", "tw": "4000001580000008",
}  # fmt: skip


#: Cards that pay though a check of the address or the risk gives reason to look twice: the sandbox checks neither.
_CHECKED = {
    "4000000000000010": "avsFail", "4000000000000028": "avsLine1Fail", "4000000000000036": "avsZipFail",
    "4000000000000044": "avsUnchecked", "4000000000000101": "cvcCheckFail", "4000000000009235": "riskLevelElevated",
    "4000000000005423": "createIssuerFraudRecord", "4000003720000278": "bypassPendingInternational",
}  # fmt: skip


CARDS: tuple[TestCard, ...] = (
    TestCard("4242424242424242", ("pm_card_visa", "pm_card_us")),
    TestCard("4000056655665556", ("pm_card_visa_debit",), funding="debit"),
    TestCard("5555555555554444", ("pm_card_mastercard",), brand="mastercard"),
    TestCard("5200828282828210", ("pm_card_mastercard_debit",), brand="mastercard", funding="debit"),
    TestCard("5105105105105100", ("pm_card_mastercard_prepaid",), brand="mastercard", funding="prepaid"),
    TestCard("378282246310005", ("pm_card_amex", "pm_card_amex_threeDSecureNotSupported"), brand="amex"),
    TestCard("6011111111111117", ("pm_card_discover",), brand="discover"),
    TestCard("3056930009020004", ("pm_card_diners",), brand="diners"),
    TestCard("3566002020360505", ("pm_card_jcb",), brand="jcb"),
    TestCard("6200000000000005", ("pm_card_unionpay",), brand="unionpay"),
    _decline("4000000000000002", "chargeDeclined", "generic_decline"),
    _decline(
        "4000000000009995", "chargeDeclinedInsufficientFunds", "insufficient_funds",
        message="Your card has insufficient funds.",
    ),
    _decline("4000000000009987", "chargeDeclinedLostCard", "lost_card"),
    _decline("4000000000009979", "chargeDeclinedStolenCard", "stolen_card"),
    _decline("4100000000000019", "chargeDeclinedFraudulent", "fraudulent", names=("pm_card_radarBlock",)),
    _decline(
        "4000000000006975", "chargeDeclinedVelocityLimitExceeded", "card_velocity_exceeded",
        message="Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    ),
    _decline(
        "4000000000000069", "chargeDeclinedExpiredCard", "expired_card",
        code="expired_card", message="Your card has expired.",
    ),
    _decline(
        "4000000000000127", "chargeDeclinedIncorrectCvc", "incorrect_cvc",
        code="incorrect_cvc", message="Your card's security code is incorrect.",
    ),
    _decline(
        "4000000000000119", "chargeDeclinedProcessingError", "processing_error",
        code="processing_error",
        message="An error occurred while processing your card. Try again in a little bit.",
    ),
    _decline("4000000000000341", "chargeCustomerFail", "generic_decline", act=Act.KEPT),
    TestCard("4000000000003220", ("pm_card_threeDSecure2Required",), act=Act.ASK),
    TestCard("4000000000003063", ("pm_card_threeDSecureRequired",), act=Act.ASK),
    TestCard("4000002760003184", ("pm_card_authenticationRequired",), act=Act.ASK),
    TestCard("4000002500003155", ("pm_card_authenticationRequiredOnSetup",), act=Act.ASK_OFF_SESSION),
    TestCard("4000000000003055", ("pm_card_threeDSecureOptional",), act=Act.ASK_IF_WANTED),
    _decline("4000008400001629", "threeDSecureRequiredChargeDeclined", "generic_decline", act=Act.ASK),
    _decline(
        "4000008400001280", "threeDSecureRequiredProcessingError", "processing_error", act=Act.ASK,
        code="processing_error", message="An error occurred while processing your card. Try again in a little bit.",
    ),
    _decline(
        "4000008260003178", "authenticationRequiredChargeDeclinedInsufficientFunds", "insufficient_funds", act=Act.ASK,
        message="Your card has insufficient funds.",
    ),
    TestCard("4000003800000446", ("pm_card_authenticationRequiredSetupForOffSession",), act=Act.ASK_OFF_SESSION),
    TestCard("4000000000000077", ("pm_card_bypassPending",)),
    TestCard("4000000000007726", ("pm_card_pendingRefund",), act=Act.REFUND_PENDING),
    TestCard("4000000000005126", ("pm_card_refundFail",), act=Act.REFUND_FAILS),
    TestCard("4000000000000259", ("pm_card_createDispute",), act=Act.DISPUTE),
    TestCard("4000000000002685", ("pm_card_createDisputeProductNotReceived",), act=Act.DISPUTE),
    TestCard("4000000000001976", ("pm_card_createDisputeInquiry",), act=Act.DISPUTE),
)  # fmt: skip


#: Cards that do what the first one does: the pages leave them out.
_PLAIN = (
    *(TestCard(number, (f"pm_card_{country}",), country=country.upper()) for country, number in _ABROAD.items()),
    *(TestCard(number, (f"pm_card_{name}",)) for number, name in _CHECKED.items()),
)


def _account(number: str, name: str, code: str | None = None, message: str = "", act: Act = Act.NONE) -> TestCard:
    name = f"pm_usBankAccount_{name}"
    return TestCard(number, (name,), "", "", act, code, code, message, kind=BANK_DEBIT)


#: Test accounts of docs.stripe.com/payments/ach-direct-debit/accept-a-payment.
ACCOUNTS: tuple[TestCard, ...] = (
    _account("000123456789", "success"),
    _account("000111111113", "accountClosed", "account_closed", "The bank account has been closed."),
    _account("000111111116", "noAccount", "no_account", "The bank account could not be located."),
    _account("000222222227", "insufficientFunds", "insufficient_funds", "The bank account has too little money on it."),
    _account(
        "000333333335", "debitNotAuthorized", "debit_not_authorized", "Debits are not approved on the bank account."
    ),
    _account("000444444440", "invalidCurrency", "invalid_currency", "The bank could not debit this currency."),
    _account("000000000009", "processing", act=Act.NEVER),
    _account("000555555559", "dispute", act=Act.DISPUTE),
)
BY_NAME = {name: card for card in (*CARDS, *_PLAIN, *ACCOUNTS) for name in card.names}
BY_NUMBER = {card.number: card for card in (*CARDS, *_PLAIN)}
BY_ACCOUNT = {account.number: account for account in ACCOUNTS}
#: ``tok_visa`` and friends are the older tokens of the same cards.
BY_TOKEN = {name.replace("pm_card_", "tok_"): card for name, card in BY_NAME.items() if card.kind == "card"}
