"""Calling a portal: a real one over https on this machine; what it answers, and what is never called."""

from collections.abc import Iterator

import pytest

from marketplace.catalogue import trace_links
from marketplace.trace import calling
from marketplace.trace.calling import Called, Outside, call, is_public
from marketplace.trace.models import CallAnswer
from tests.trace.portal import PORTAL, WITNESS, Portal, open_portal

LINK = f"https://{PORTAL}/sp/1"


@pytest.fixture
def portal() -> Iterator[Portal]:
    """A portal that answers."""
    with open_portal() as made:
        yield made


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, CallAnswer.WORKS),
        (404, CallAnswer.GONE),
        (410, CallAnswer.GONE),
        (500, CallAnswer.FAILED),
        (503, CallAnswer.FAILED),
        (403, CallAnswer.UNSURE),
        (429, CallAnswer.UNSURE),
    ],
)
def test_what_a_status_says_of_a_link(portal: Portal, status: int, answer: CallAnswer) -> None:
    portal.pages["/sp/1"] = (status, "")
    assert call(LINK, portal.outside()) == Called(answer, status)
    assert portal.heard == [f"HEAD {PORTAL}/sp/1"] + ([f"GET {PORTAL}/sp/1"] if status >= 400 else [])
    assert portal.agents == {"test-shop (+https://cho.example)"}


def test_a_portal_that_refuses_head_is_asked_for_the_page(portal: Portal) -> None:
    assert call(f"https://{PORTAL}/no-head?ma=1", portal.outside()).answer is CallAnswer.WORKS
    portal.heard.clear()
    assert call(f"https://{PORTAL}/no-head", portal.outside()).answer is CallAnswer.WORKS
    assert portal.heard == [f"HEAD {PORTAL}/no-head", f"GET {PORTAL}/no-head"]


def test_a_redirect_between_portals_is_followed(portal: Portal) -> None:
    portal.pages["/sp/1"] = (302, f"https://{WITNESS}/tem/9")
    assert call(LINK, portal.outside()) == Called(CallAnswer.WORKS, 200)
    assert portal.heard[-1] == f"HEAD {WITNESS}/tem/9"


@pytest.mark.parametrize(
    "onward",
    ["https://elsewhere.example/x", "http://check.hanoi.gov.vn/x", "//elsewhere.example/x", "https://127.0.0.1/x"],
)
def test_a_redirect_out_is_not_followed(portal: Portal, onward: str) -> None:
    portal.pages["/sp/1"] = (302, onward)
    names = {PORTAL: ["127.0.0.1"], "elsewhere.example": ["127.0.0.1"]}
    assert call(LINK, portal.outside(names)) == Called(CallAnswer.UNSURE, 302, "leads_elsewhere")
    assert portal.heard == [f"HEAD {PORTAL}/sp/1"]


def test_without_the_list_of_portals_the_redirect_out_would_be_followed(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_links, "HOSTS", trace_links.HOSTS | {"elsewhere.example"})
    portal.pages["/sp/1"] = (302, "https://elsewhere.example/x")
    names = {PORTAL: ["127.0.0.1"], "elsewhere.example": ["127.0.0.1"]}
    assert call(LINK, portal.outside(names)).answer is CallAnswer.WORKS
    assert portal.heard[-1] == "HEAD elsewhere.example/x"


def test_redirects_come_to_an_end_and_the_front_page_is_no_trace_page(portal: Portal) -> None:
    portal.pages |= {"/sp/1": (302, "/sp/1"), "/sp/2": (302, "/"), "/sp/3": (302, ""), "/sp/4": (302, "https://[")}
    found = [call(f"https://{PORTAL}/sp/{number}", portal.outside()) for number in (1, 2, 3, 4)]
    assert [(one.answer, one.note) for one in found] == [
        (CallAnswer.FAILED, "too_many_redirects"),
        (CallAnswer.UNSURE, "front_page"),
        (CallAnswer.FAILED, "bad_redirect"),
        (CallAnswer.FAILED, "bad_redirect"),
    ]


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["203.113.131.1", "10.0.0.5"], ["::1"], ["169.254.169.254"]])
def test_an_address_inside_our_walls_is_not_called(portal: Portal, addresses: list[str]) -> None:
    names = {PORTAL: addresses}
    assert call(LINK, portal.outside(names, guarded=True)) == Called(CallAnswer.UNSURE, None, "address_not_public")
    assert portal.heard == []


def test_without_the_guard_the_address_inside_would_be_called(portal: Portal) -> None:
    assert call(LINK, portal.outside({PORTAL: ["127.0.0.1"]})).answer is CallAnswer.WORKS
    assert portal.heard == [f"HEAD {PORTAL}/sp/1"]


def test_the_address_that_was_judged_is_the_one_that_is_called(portal: Portal) -> None:
    asked: list[str] = []
    real = portal.outside()

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]  # the name server changes its mind

    judged = Outside(real.user_agent, real.port, real.context, resolve, lambda address: address == "127.0.0.1")
    assert call(LINK, judged).answer is CallAnswer.WORKS
    assert asked == [PORTAL]


@pytest.mark.parametrize(
    ("address", "may_be_called"),
    [
        ("203.113.131.1", True),
        ("2405:4800::1", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("127.0.0.53", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff0e::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:203.113.131.1", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:7f00:1::", False),
    ],
)
def test_which_addresses_lie_in_the_open_internet(address: str, may_be_called: bool) -> None:
    assert is_public(address) is may_be_called


def test_silence_counts_against_the_portal_only_while_another_one_is_heard(portal: Portal) -> None:
    alone = portal.outside({WITNESS: ["127.0.0.1"]})
    assert call(LINK, alone) == Called(CallAnswer.FAILED, None, "name_unknown")
    assert portal.heard == [f"HEAD {WITNESS}/"]
    assert call(LINK, portal.outside({})) == Called(CallAnswer.NO_NETWORK, None, "name_unknown")


def test_a_wrong_certificate_and_a_closed_door_are_silence(portal: Portal) -> None:
    names = {"unnamed.gov.vn": ["127.0.0.1"], WITNESS: ["127.0.0.1"]}
    assert call("https://unnamed.gov.vn/sp/1", portal.outside(names)).note == "certificate"
    assert portal.heard == [f"HEAD {WITNESS}/"]
    closed = Outside("x", 9, portal.outside().context, lambda _host, _port: ["127.0.0.1"], lambda _address: True)
    assert call(LINK, closed) == Called(CallAnswer.NO_NETWORK, None, "no_connection")


def test_a_portal_that_drips_is_cut_off(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "LONGEST", 0.4)
    found = call(f"https://{PORTAL}/drip", portal.outside())
    assert (found.answer, found.http_status) == (CallAnswer.FAILED, None)
