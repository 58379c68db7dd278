"""Calling the portal behind a trace link: in bounded time, known portals only, and never an address inside our walls.

The name is resolved here and the very address that was judged is connected to, so that a second answer of the name
server cannot lead the call elsewhere. https only, certificates are checked, no proxy and no cookie is used.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from marketplace.catalogue.trace_links import portal_of
from marketplace.trace.models import CallAnswer

#: Seconds for each wait, and for one request in all.
PATIENCE = 5.0
LONGEST = 10.0
MOST_REDIRECTS = 4
#: Bytes of a page that are read at most; nothing of it is kept.
LONGEST_PAGE = 64 * 1024
#: Who is asked whether our own network works when a portal is silent.
WITNESSES = ("id.gs1.org", "truyxuat.gov.vn", "check.hanoi.gov.vn")
_REDIRECTS = (301, 302, 303, 307, 308)
_GONE = (404, 410)
#: Addresses that carry another one inside them (NAT64): where they lead is not theirs to say.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


def resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of a name, IPv4 first. Raises ``OSError``."""
    found = {str(answer[4][0]) for answer in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    return sorted(found, key=lambda address: (":" in address, address))


def is_public(written: str) -> bool:
    """Whether an address lies in the open internet: not private, not this machine, not a disguise of such a one."""
    address = ipaddress.ip_address(written)
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if address.sixtofour is not None or address.teredo is not None or address in _TRANSLATED:
            return False
    return address.is_global and not address.is_multicast


def _checking_certificates() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)


@dataclass(frozen=True)
class Outside:
    """What lies between us and the portals. Tests lead the names to a portal of their own."""

    user_agent: str
    port: int = 443
    context: ssl.SSLContext = field(default_factory=_checking_certificates)
    resolve: Callable[[str, int], Sequence[str]] = resolve
    may_reach: Callable[[str], bool] = is_public


@dataclass(frozen=True)
class Called:
    """What came of a call: the answer, the last HTTP status (None: none came) and a code that says more."""

    answer: CallAnswer
    http_status: int | None = None
    note: str = ""


class _Silent(Exception):
    """Nothing that could be understood came back; the text is a short code."""


class _Walled(Exception):
    """The name leads to an address that we do not call."""


def call(url: str, outside: Outside) -> Called:
    """Ask for the page behind ``url`` (HEAD, then GET when that is refused) and say what came of it.

    Silence counts against the portal only when another portal can be reached at the same moment.
    """
    try:
        return _follow(url, outside)
    except _Walled:
        return Called(CallAnswer.UNSURE, None, "address_not_public")
    except _Silent as error:
        silent = urlsplit(url).hostname
        if any(_can_be_heard(host, outside) for host in WITNESSES if host != silent):
            return Called(CallAnswer.FAILED, None, str(error))
        return Called(CallAnswer.NO_NETWORK, None, str(error))


def _follow(url: str, outside: Outside) -> Called:
    begun_at = urlsplit(url).path
    status = None
    for _step in range(MOST_REDIRECTS + 1):
        host = portal_of(url)
        if host is None:
            return Called(CallAnswer.UNSURE, status, "leads_elsewhere")
        status, onward = _ask(url, host, outside)
        if status not in _REDIRECTS:
            break
        try:
            url = urljoin(url, quote(onward.encode("latin-1"), safe=":/?#[]@!$&'()*+,;=%-._~"))
        except ValueError:  # such as half an IPv6 address
            onward = ""
        if not onward:
            return Called(CallAnswer.FAILED, status, "bad_redirect")
    else:
        return Called(CallAnswer.FAILED, status, "too_many_redirects")
    if status < 300 and urlsplit(url).path in ("", "/") and begun_at not in ("", "/"):
        return Called(CallAnswer.UNSURE, status, "front_page")
    return Called(_meaning(status), status)


def _meaning(status: int) -> CallAnswer:
    if 200 <= status < 300:
        return CallAnswer.WORKS
    if status in _GONE:
        return CallAnswer.GONE
    return CallAnswer.FAILED if status >= 500 else CallAnswer.UNSURE


def _ask(url: str, host: str, outside: Outside) -> tuple[int, str]:
    """Status of the page and where it leads on. Raises ``_Silent``, ``_Walled``."""
    try:
        found = _request("HEAD", url, host, outside)
    except _Silent as error:
        if str(error) != "bad_answer":
            raise
        found = (0, "")
    return found if 0 < found[0] < 400 else _request("GET", url, host, outside)


def _can_be_heard(host: str, outside: Outside) -> bool:
    try:
        _request("HEAD", f"https://{host}/", host, outside)
    except (_Silent, _Walled):
        return False
    return True


class _Connection(http.client.HTTPSConnection):
    """A connection to one address that was judged before; the certificate must name ``host``."""

    def __init__(self, host: str, address: str, outside: Outside) -> None:
        super().__init__(host, outside.port, timeout=PATIENCE, context=outside.context)
        self._address, self._checking = address, outside.context

    def connect(self) -> None:
        """Connect to the judged address, whatever the name answers by now."""
        bare = socket.create_connection((self._address, self.port), PATIENCE)
        try:
            self.sock = self._checking.wrap_socket(bare, server_hostname=self.host)
        except BaseException:
            bare.close()
            raise

    def cut(self) -> None:
        """End it from outside: a portal that sends a byte now and then must not hold the worker."""
        if self.sock is not None:
            with suppress(OSError):  # it was over already
                self.sock.shutdown(socket.SHUT_RDWR)


def _request(method: str, url: str, host: str, outside: Outside) -> tuple[int, str]:
    try:
        addresses = outside.resolve(host, outside.port)
    except OSError as error:
        raise _Silent("name_unknown") from error
    if not addresses or not all(outside.may_reach(address) for address in addresses):
        raise _Walled(host)
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Connection(host, addresses[0], outside)
    watch = threading.Timer(LONGEST, connection.cut)
    watch.daemon = True
    watch.start()
    try:
        connection.request(method, target, headers={"User-Agent": outside.user_agent, "Accept": "text/html, */*;q=0.5"})
        response = connection.getresponse()
        response.read(LONGEST_PAGE)
        return response.status, response.headers.get("Location", "")
    except ssl.SSLCertVerificationError as error:
        raise _Silent("certificate") from error
    except TimeoutError as error:
        raise _Silent("timeout") from error
    except (http.client.HTTPException, ConnectionResetError, BrokenPipeError) as error:
        raise _Silent("bad_answer") from error
    except OSError as error:
        raise _Silent("no_connection") from error
    finally:
        watch.cancel()
        connection.close()
