"""A real mail server on this machine: takes letters over SMTP, or refuses them as it is told to."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

from tests.serving import serve

_CERTIFICATE = Path(__file__).parents[1] / "trace" / "portal.pem"


class _Talk(StreamRequestHandler):
    def handle(self) -> None:
        office: PostOffice = self.server.office  # type: ignore[attr-defined]  # set when the server was made
        self._say("220 test")
        with suppress(ssl.SSLError, OSError):
            while line := self.rfile.readline():
                office.heard.append(line.decode().strip())
                verb = line[:4].upper().strip()
                if verb in (b"EHLO", b"HELO"):
                    self._say("250-test\r\n250-STARTTLS\r\n250 AUTH PLAIN")
                elif verb == b"STAR":
                    self._say("220 go on")
                    self._close_the_way()
                elif verb == b"AUTH":
                    self._say("235 welcome")
                elif verb == b"RCPT":
                    self._say(office.answer)
                elif verb == b"DATA":
                    self._say("354 go on")
                    office.letters.append(message_from_bytes(self._letter(), policy=policy.default))  # type: ignore[arg-type]  # the policy makes an EmailMessage
                    self._say("250 taken")
                elif verb == b"QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 fine")

    def finish(self) -> None:
        """Close the way that was closed to others, too."""
        super().finish()
        self.connection.close()

    def _letter(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)

    def _close_the_way(self) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(_CERTIFICATE)
        self.connection = tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = socket.SocketIO(self.connection, "wb")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class PostOffice:
    """What it heard and took; ``answer`` is what it says to each reader's address."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answer = "250 fine"
        self.heard: list[str] = []
        self.letters: list[EmailMessage] = []


@contextmanager
def open_post_office() -> Iterator[PostOffice]:
    """A mail server that takes letters until the block ends."""
    server = ThreadingTCPServer(("127.0.0.1", 0), _Talk)
    server.daemon_threads = True
    office = PostOffice(server.server_address[1])
    server.office = office  # type: ignore[attr-defined]  # read by the talk
    served = serve(server)
    try:
        yield office
    finally:
        served.stop()


def trusting() -> ssl.SSLContext:
    """Trusts the certificate of the tests, which names other hosts."""
    context = ssl.create_default_context(cafile=str(_CERTIFICATE))
    context.check_hostname = False
    return context
