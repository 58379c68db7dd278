"""What can go wrong between us and the gateway."""

from marketplace.core.errors import Conflict, Unavailable


class Declined(Conflict):
    """The card was refused; the buyer may try again. ``decline_code`` is the issuer's reason where it is told."""

    def __init__(self, gateway_code: str, decline_code: str | None, *, intent_id: str | None = None) -> None:
        super().__init__("card_declined", gateway_code=gateway_code, decline_code=decline_code)
        self.gateway_code = gateway_code
        self.decline_code = decline_code
        self.intent_id = intent_id


class GatewayUnknown(Unavailable):
    """No usable answer: it may or may not have happened. Only asking the gateway later can tell."""

    def __init__(self, why: str, *, code: str = "gateway_unknown") -> None:
        super().__init__(code, why=why)
        self.why = why


class GatewayUnavailable(GatewayUnknown):
    """It has not answered lately, so this call was not even sent. An earlier one with the same key may have worked."""

    def __init__(self, why: str) -> None:
        super().__init__(why, code="gateway_unavailable")


class GatewayRefused(Unavailable):
    """The gateway understood and said no to us (not to the card): nothing happened there."""

    def __init__(self, http_status: int, gateway_code: str, *, param: str | None = None) -> None:
        super().__init__("gateway_refused", http_status=http_status, gateway_code=gateway_code, param=param)
        self.http_status = http_status
        self.gateway_code = gateway_code


class BankUnknown(Unavailable):
    """The bank gave no usable answer."""

    def __init__(self, why: str, *, code: str = "bank_unknown") -> None:
        super().__init__(code, why=why)


class BankUnavailable(BankUnknown):
    """It has not answered lately, so this call was not even sent. An earlier one with the same key may have worked."""

    def __init__(self, why: str) -> None:
        super().__init__(why, code="bank_unavailable")


class BankRefused(Unavailable):
    """The bank understood an order and said no: nothing was paid. ``bank_code`` is its reason."""

    def __init__(self, bank_code: str) -> None:
        super().__init__("bank_refused", bank_code=bank_code)
        self.bank_code = bank_code
