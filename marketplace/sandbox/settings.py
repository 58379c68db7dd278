"""What the sandbox has to be told, read once from the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

#: BIN of the simulated bank: none of the 56 that the State Bank issued (letter 1589/2024; a test holds the list).
BANK_BIN = "999999"
BANK_NAME = "Ngân hàng Mô phỏng"


class SettingsError(ValueError):
    """A setting is missing or unusable; the text is one sentence for the person who starts the sandbox."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of the sandbox; ``read_settings`` documents each."""

    database: Path
    public_url: str
    stripe_key: str
    webhook_secret: str
    webhook_url: str | None
    bank_key: str
    notice_secret: str
    notice_url: str | None
    retry_scale: float = 1.0
    deliver: bool = True


def read_settings(values: Mapping[str, str]) -> Settings:
    """Settings out of environment-like ``values``; raises SettingsError.

    ``SANDBOX_DATABASE`` file of its own; ``SANDBOX_PUBLIC_URL`` its address as browsers see it;
    ``STRIPE_API_KEY`` the key it accepts (``sk_test_...``); ``STRIPE_WEBHOOK_SECRET`` and
    ``SANDBOX_WEBHOOK_URL`` the webhook endpoint registered at start; ``BANK_API_KEY`` the bearer of the bank's
    API; ``BANK_NOTICE_SECRET`` and ``SANDBOX_BANK_NOTICE_URL`` where signed bank notices go;
    ``SANDBOX_RETRY_SCALE`` stretches the waiting times between attempts (1 = seconds);
    ``SANDBOX_DELIVER`` = 0 leaves delivering to ``deliver_now``.
    """
    key = _needed(values, "STRIPE_API_KEY")
    if not key.startswith("sk_test_"):
        raise SettingsError("STRIPE_API_KEY must begin with sk_test_: the sandbox never takes a live key.")
    return Settings(
        database=Path(_needed(values, "SANDBOX_DATABASE")),
        public_url=(_address(values, "SANDBOX_PUBLIC_URL") or "http://127.0.0.1:8001").rstrip("/"),
        stripe_key=key,
        webhook_secret=_needed(values, "STRIPE_WEBHOOK_SECRET"),
        webhook_url=_address(values, "SANDBOX_WEBHOOK_URL"),
        bank_key=_needed(values, "BANK_API_KEY"),
        notice_secret=_needed(values, "BANK_NOTICE_SECRET"),
        notice_url=_address(values, "SANDBOX_BANK_NOTICE_URL"),
        retry_scale=_scale(values),
        deliver=values.get("SANDBOX_DELIVER", "1") != "0",
    )


def _needed(values: Mapping[str, str], name: str) -> str:
    value = values.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set.")
    return value


def _address(values: Mapping[str, str], name: str) -> str | None:
    value = values.get(name, "").strip()
    if not value:
        return None
    if not is_web_address(value):
        raise SettingsError(f"{name} is no http(s) address: {value}")
    return value


def _scale(values: Mapping[str, str]) -> float:
    written = values.get("SANDBOX_RETRY_SCALE", "1")
    try:
        scale = float(written)
    except ValueError:
        scale = -1.0
    if not 0 <= scale <= 10_000:
        raise SettingsError(f"SANDBOX_RETRY_SCALE is no number from 0 to 10000: {written}")
    return scale


_APP_SCHEME = re.compile(
    r"(?!(?:javascript|data|vbscript|file|ftp|blob|about|https?):)[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE
)


def is_way_back(value: str) -> bool:
    """True for a web address, or one of an app on a phone: ``shop://paid``."""
    return is_web_address(value) or (value.isprintable() and _APP_SCHEME.fullmatch(value) is not None)


def is_web_address(value: str) -> bool:
    """True for an absolute http or https address with a host and without control characters or user names."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and value.isprintable()
        and "\\" not in value
    )
