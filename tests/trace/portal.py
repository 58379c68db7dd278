"""A real trace portal on this machine: https with a certificate of its own, which only the tests trust."""

import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from marketplace.trace.calling import Outside
from tests.serving import serve

#: Key and certificate of portals that exist in tests only (self-signed, for four names).
CERTIFICATE = Path(__file__).with_name("portal.pem")
PORTAL = "check.hanoi.gov.vn"
WITNESS = "truyxuat.gov.vn"


class _Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_GET(self) -> None:
        self._answer("GET")

    def log_message(self, *args: object) -> None:
        """Quiet."""

    def _answer(self, method: str) -> None:
        portal: Portal = self.server.portal  # type: ignore[attr-defined]  # set when the server was made
        host = self.headers["Host"].partition(":")[0]
        portal.heard.append(f"{method} {host}{self.path}")
        portal.agents.add(self.headers["User-Agent"])
        status, onward = portal.pages.get(self.path, (200, ""))
        if self.path == "/no-head" and method == "HEAD":
            status = 405
        self.send_response(status)
        if onward:
            self.send_header("Location", onward)
        body = b"" if method == "HEAD" else b"Truy xuat nguon goc"
        if self.path == "/drip":
            self._drip()
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        """A header line that never ends, byte by byte, until the caller hangs up."""
        try:
            while True:
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)  # slower than reading, faster than any single wait
        except OSError:
            self.close_connection = True


class Portal:
    """What it answers by path (status, where on), and what it heard."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.pages: dict[str, tuple[int, str]] = {}
        self.heard: list[str] = []
        self.agents: set[str] = set()

    def outside(self, names: Mapping[str, Sequence[str]] | None = None, *, guarded: bool = False) -> Outside:
        """A world in which these names (by default the portal's and the witness's) lead here; loopback is allowed

        unless ``guarded``.
        """
        known = names if names is not None else {PORTAL: ["127.0.0.1"], WITNESS: ["127.0.0.1"]}

        def resolve(host: str, port: int) -> Sequence[str]:
            if host not in known:
                raise OSError(f"{host} is not known")
            return known[host]

        context = ssl.create_default_context(cafile=str(CERTIFICATE))
        made = Outside("test-shop (+https://cho.example)", port=self.port, context=context, resolve=resolve)
        return made if guarded else Outside(made.user_agent, self.port, context, resolve, lambda _address: True)


@contextmanager
def open_portal() -> Iterator[Portal]:
    """A portal that answers until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    server.daemon_threads = True
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    portal = Portal(server.server_address[1])
    server.portal = portal  # type: ignore[attr-defined]  # read by the pages
    served = serve(server)
    try:
        yield portal
    finally:
        served.stop()
