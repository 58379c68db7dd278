"""The currencies of the sandbox's account: all that Stripe documents (docs.stripe.com/currencies)."""

from decimal import Decimal
from typing import Any

from .errors import BadParameter

_ALL = (
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf "
    "clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils "
    "inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk "
    "mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp "
    "sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw"
)
CURRENCIES = tuple(_ALL.split())
#: Currencies without a smaller unit, and those of a thousand smaller ones; all others have a hundred.
_UNITS = "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf"
_THOUSANDS = "bhd jod kwd omr tnd"
_SIGNS = {"vnd": "₫", "usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "krw": "₩"}
#: Eight digits are the documented size of an amount.
MOST = 99_999_999
#: The least that may be charged (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). Dong is not in that
#: table: 0.50 US dollars are converted there at the day's rate, here always at 25,000 to one.
LEAST = {
    "vnd": 12_500, "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500,
    "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200,
    "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip


def money(amount: int, currency: str) -> str:
    """An amount of the smallest unit as Stripe's messages write it: ``₫150,000``, ``$1.50``."""
    digits = 0 if currency in _UNITS else 3 if currency in _THOUSANDS else 2
    written = f"{Decimal(amount).scaleb(-digits):,.{digits}f}"
    return f"{_SIGNS[currency]}{written}" if currency in _SIGNS else f"{written} {currency}"


def check_currency(params: Any, *, param: str = "currency") -> None:
    """Raise BadParameter for a currency that is none; ``param`` is its full name."""
    if "currency" in params and params["currency"].lower() not in CURRENCIES:
        raise BadParameter(
            f"Invalid currency: {params['currency']}. Stripe currently supports these currencies: "
            f"{', '.join(CURRENCIES)}",
            param=param,
        )
