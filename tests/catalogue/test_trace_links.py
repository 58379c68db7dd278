"""Trace links: official portals, GS1 Digital Links, our own pages; nothing else (bad_inputs kind url)."""

import pytest

from marketplace.catalogue.trace_links import check_digit, normal_gtin, parse_trace_link
from marketplace.core.errors import Invalid

OWN = "https://cho.example/t/"


def refusal(url: str, *, own: str = OWN) -> str:
    with pytest.raises(Invalid) as caught:
        parse_trace_link(url, own_pages=own)
    return caught.value.code


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://truyxuat.gov.vn/sp/123", "truyxuat.gov.vn"),
        ("https://check.hanoi.gov.vn/p?id=9", "check.hanoi.gov.vn"),
        ("https://hn.check.net.vn/product/123", "hn.check.net.vn"),
        ("https://txng.angiang.gov.vn/lo/7", "txng.angiang.gov.vn"),
        ("https://truyxuat.gov.vn:443/sp/1", "truyxuat.gov.vn"),
        ("https://TRUYXUAT.gov.vn/sp/1", "truyxuat.gov.vn"),
        ("https://cho.example/t/AB12CD", "cho.example"),
    ],
)
def test_known_portals_are_taken(url: str, host: str) -> None:
    link = parse_trace_link(f" {url} ", own_pages=OWN)
    assert (link.url, link.host, link.gtin) == (url, host, None)


def test_our_own_pages_are_taken_as_they_are_even_on_a_development_machine() -> None:
    assert parse_trace_link("http://127.0.0.1:8000/t/AB12", own_pages="http://127.0.0.1:8000/t/").host == "127.0.0.1"
    assert refusal("http://127.0.0.1:8000/admin", own="http://127.0.0.1:8000/t/") == "link_not_https"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://gov.vn/x", "link_host_unknown"),
        ("https://truyxuat.gov.vn.evil.example/x", "link_host_unknown"),
        ("https://eviltruyxuat-gov.vn/x", "link_host_unknown"),
        ("https://evilcheck.net.vn/x", "link_host_unknown"),
        ("https://htxmatongumin.example/truy-xuat/LO-2026-11", "link_host_unknown"),
        ("https://xn--cp-wka.example/", "link_host_unknown"),
        ("http://truyxuat.gov.vn/sp/1", "link_not_https"),
        ("http://127.0.0.1/", "link_not_https"),
        ("http://0/", "link_not_https"),
        ("http://[::1]/", "link_not_https"),
        ("http://[64:ff9b::7f00:1]/", "link_not_https"),
        ("http://169.254.169.254/latest/meta-data/", "link_not_https"),
        ("http://metadata.google.internal/", "link_not_https"),
        ("https://127.0.0.1/", "link_unreadable"),
        ("https://[::1]/", "link_unreadable"),
        ("https://2130706433/", "link_unreadable"),
        ("https://localhost/", "link_unreadable"),
        ("https://truyxuat.gov.vn:8443/", "link_unreadable"),
        ("https://truyxuat.gov.vn:99999/", "link_unreadable"),
        ("https://truyxuat.gov.vn./", "link_unreadable"),
        ("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "link_unreadable"),
        ("https://truyxuat.gov。vn/", "link_unreadable"),
        ("http://spoofed.burpcollaborator.example@127.0.0.1/", "link_with_user"),
        ("https://user:matkhau@truyxuat.gov.vn/", "link_with_user"),
        ("https://@truyxuat.gov.vn/", "link_with_user"),
        ("file:///etc/passwd", "link_not_https"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "link_not_https"),
        ("ftp://truyxuat.gov.vn/a", "link_not_https"),
        ("javascript:alert(document.domain)", "link_not_https"),
        ("java\nscript:alert(1)", "link_unreadable"),
        ("\u0001javascript:alert(1)", "link_unreadable"),
        ("vbscript:msgbox(1)", "link_not_https"),
        ("http://[::1", "link_unreadable"),
        ("https://exa mple.gov.vn/", "link_unreadable"),
        ("https://truyxuat.gov.vn/" + "a" * 3000, "link_unreadable"),
        ('https://truyxuat.gov.vn/?q="><script>alert(1)</script>', "link_unreadable"),
        ("https://truyxuat.gov.vn\\@127.0.0.1/", "link_unreadable"),
        ("https:///truyxuat.gov.vn/", "link_unreadable"),
        ("//truyxuat.gov.vn/x", "link_not_https"),
        ("truyxuat.gov.vn/x", "link_not_https"),
        ("", "link_unreadable"),
    ],
)
def test_other_addresses_are_refused(url: str, code: str) -> None:
    assert refusal(url) == code


@pytest.mark.parametrize("gtin", ["09521234543213", "09506000134352", "4006381333931", "96385074", "036000291452"])
def test_check_digits_of_published_numbers(gtin: str) -> None:
    assert check_digit(gtin[:-1]) == gtin[-1]
    assert normal_gtin(gtin) == gtin.zfill(14)


@pytest.mark.parametrize(
    ("path", "gtin"),
    [
        ("/01/09521234543213", "09521234543213"),
        ("/01/4006381333931/10/LO-7", "04006381333931"),
        ("/shop/01/09506000134352/22/A/10/B%2F7/21/C?17=271231&11=260100", "09506000134352"),
        ("/01/09521234543213/", "09521234543213"),
    ],
)
def test_digital_links_tell_their_gtin(path: str, gtin: str) -> None:
    assert parse_trace_link(f"https://id.gs1.org{path}", own_pages=OWN).gtin == gtin


def test_a_digital_link_on_a_portal_is_read_too() -> None:
    assert parse_trace_link("https://truyxuat.gov.vn/01/09506000134352", own_pages=OWN).gtin == "09506000134352"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/", "gtin_length"),
        ("/01/", "gtin_length"),
        ("/02/09506000134352", "gtin_length"),
        ("/01/950600013435", "gtin_check_digit"),
        ("/01/09506000134353", "gtin_check_digit"),
        ("/01/095060001343521", "gtin_length"),
        ("/01/09506000134352/21/S/10/L", "gs1_order"),
        ("/01/09506000134352/10/L/22/V", "gs1_order"),
        ("/01/09506000134352/10/L/10/M", "gs1_order"),
        ("/01/09506000134352/99/L", "gs1_order"),
        ("/01/09506000134352/10", "gs1_order"),
        ("/01/09506000134352/10/" + "L" * 21, "gs1_value"),
        ("/01/09506000134352/10/L%C3%B4", "gs1_value"),
        ("/01/09506000134352?17=271331", "gs1_date"),
        ("/01/09506000134352?17=2712", "gs1_date"),
        ("/01/09506000134352?11=260230", "gs1_date"),
    ],
)
def test_wrong_digital_links_say_what_is_wrong(path: str, code: str) -> None:
    assert refusal(f"https://id.gs1.org{path}") == code
