"""Handing a letter to a mail server: plain text, once per key as far as a mail program can tell. Knows no reader."""

import hashlib
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from enum import StrEnum

from marketplace.core import clock

#: Seconds for each wait for the server.
PATIENCE = 5.0


class Security(StrEnum):
    """How the way to the server is closed: TLS from the first byte, STARTTLS, or open (a server on this machine)."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class MailNotSent(Exception):
    """The server could not be reached or did not take the letter now: try again later. Names nobody."""


class MailRefused(Exception):
    """The server will never take a letter to this address. Names nobody."""


@dataclass(frozen=True)
class Letter:
    """One letter. ``key`` names the fact that it tells: the same key gives the same Message-ID, so a letter that had to
    be sent twice is one letter to the reader's mail program."""

    to: str
    subject: str
    text: str
    key: str


@dataclass(frozen=True)
class MailServer:
    """Where letters are handed over, and who they come from (``shop@example.vn`` or ``Name <shop@example.vn>``)."""

    host: str
    port: int
    sender: str
    security: Security = Security.STARTTLS
    username: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = None

    def send(self, letter: Letter) -> None:
        """Hand a letter over; when this returns, the server has taken it. Raises ``MailNotSent``, ``MailRefused``."""
        message = self.message_of(letter)
        try:
            with self._connect() as server:
                if self.security is Security.STARTTLS:
                    server.starttls(context=self._tls())
                if self.username:
                    server.login(self.username, self.password)
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            if all(500 <= code < 600 for code, _words in error.recipients.values()):
                raise MailRefused from None
            raise MailNotSent from None
        except (smtplib.SMTPException, OSError) as error:
            raise MailNotSent(type(error).__name__) from None  # the error's own words may name the reader

    def message_of(self, letter: Letter) -> EmailMessage:
        """The letter as it is sent."""
        home = parseaddr(self.sender)[1].rpartition("@")[2]
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = f"<{hashlib.sha256(letter.key.encode()).hexdigest()[:40]}@{home}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message

    def _connect(self) -> smtplib.SMTP:
        if self.security is Security.TLS:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE, context=self._tls())
        return smtplib.SMTP(self.host, self.port, timeout=PATIENCE)

    def _tls(self) -> ssl.SSLContext:
        return self.context or ssl.create_default_context()
