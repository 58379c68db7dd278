"""What this room must know of its surroundings, set once when the application starts."""

from dataclasses import dataclass

from marketplace.payments.bank import BankClient
from marketplace.payments.gateway import Gateway


@dataclass(frozen=True)
class Payee:
    """The bank account that is to receive a transfer: six digits of BIN, account, name of the holder."""

    bin: str
    account: str
    name: str


@dataclass(frozen=True)
class PaymentSettings:
    """The platform's own account, the two clients, and the secrets that prove who a webhook comes from.

    Several secrets of one kind are valid side by side while a secret is changed.
    """

    collecting: Payee
    gateway: Gateway
    bank: BankClient
    webhook_secrets: tuple[str, ...]
    notice_secrets: tuple[str, ...]


_settings: PaymentSettings | None = None


def configure(settings: PaymentSettings) -> None:
    """Set them for this process."""
    global _settings
    _settings = settings


def current() -> PaymentSettings:
    """The settings; raises ``RuntimeError`` before the application has started."""
    if _settings is None:
        raise RuntimeError("the payments room was not set up")
    return _settings
