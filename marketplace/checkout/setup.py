"""Makes the room known to the rooms below that call it back: payments and the worker."""

from flask import Flask

from marketplace.checkout import jobs
from marketplace.checkout.paying import OrderPayments
from marketplace.core.mail import MailServer, Security
from marketplace.payments import purposes
from marketplace.payments.models import Purpose


def register(app: Flask) -> None:
    """Hear of the payments of orders, deliver the messages about orders."""
    purposes.register(Purpose.ORDER, OrderPayments())
    jobs.register(_mail_server(app))


def _mail_server(app: Flask) -> MailServer | None:
    """Where letters are handed over; None where no server is named: buyers are told by their order's page alone."""
    config = app.config
    if not config["MAIL_SERVER"]:
        return None
    return MailServer(
        config["MAIL_SERVER"],
        config["MAIL_PORT"],
        config["MAIL_FROM"],
        Security(config["MAIL_SECURITY"]),
        config["MAIL_USERNAME"],
        config["MAIL_PASSWORD"],
    )
