"""The VietQR of a payment, as text for a bank app and as a drawing for a page."""

from urllib.parse import urlencode

import segno
from markupsafe import Markup

from marketplace.core import vietqr
from marketplace.payments.models import Payment, PaymentState


def payload(payment: Payment) -> str:
    """The code that asks for what is still missing, with the payment's short code as memo.

    Raises ``ValueError`` for a payment that is not paid by transfer or that takes no more money.
    """
    if payment.state not in (PaymentState.PENDING, PaymentState.PARTIALLY_FUNDED):
        raise ValueError("this payment takes no more money")
    return payload_as_shown(payment)


def payload_as_shown(payment: Payment) -> str:
    """The code that a payer may have kept, whatever became of the payment since: for trying out what is too late.

    Raises ``ValueError`` for a payment that is not paid by transfer.
    """
    if payment.transfer_code is None or payment.payee_bin is None or payment.payee_account is None:
        raise ValueError("this payment is not paid by transfer")
    missing = payment.amount - payment.received
    return vietqr.build(payment.payee_bin, payment.payee_account, amount=missing, memo=payment.transfer_code)


def app_address(text: str, *, app_url: str, back: str = "") -> str:
    """Where the simulated bank's app opens the code ``text``, with a way ``back``; "" where there is no such app."""
    return f"{app_url}?{urlencode({'qr': text, **({'return_url': back} if back else {})})}" if app_url else ""


def drawing(text: str, *, label: str, error: str = "m") -> Markup:
    """``text`` as an SVG for the page, black on white with its quiet zone, scaling with its box (class ``qr``).

    Error level M on screens, ``error="q"`` for print; ``label`` is read out instead of the picture.
    """
    code = segno.make(text, error=error, micro=False, boost_error=False)
    drawn = code.svg_inline(omitsize=True, svgclass="qr", lineclass=None, dark="#000", light="#fff", border=4)
    head, _, rest = drawn.partition("<svg ")
    return Markup('{}<svg role="img" aria-label="{}" {}').format(Markup(head), label, Markup(rest))  # noqa: S704  # drawn by segno, the label is escaped
