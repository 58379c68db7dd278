"""axe finds no serious fault on the main pages, whoever looks at them."""

from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys import steps
from tests.journeys.conftest import Keys, visit
from tests.journeys.running import RunningShop

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
#: Who opens what besides buying: one page of every desk.
_DESKS = {
    "htx": ("/my/products", "/producer/orders"),
    "tinh": ("/officer/certificates",),
    "quay": ("/till",),
    "operator": ("/operator/money",),
}


def serious_faults(page: Page) -> list[tuple[str, str, str]]:
    """Serious and critical findings on the page: rule, what it wants, the first place."""
    page.evaluate(_AXE)
    found: dict[str, Any] = page.evaluate("() => axe.run({resultTypes: ['violations']})")
    return [
        (fault["id"], fault["help"], fault["nodes"][0]["html"])
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


def test_the_way_of_a_buyer(browser: Browser, shop: RunningShop, size: str) -> None:
    with visit(browser, shop, size, bypass_csp=True) as page:
        page.goto("/")
        faults = {"home": serious_faults(page)}
        page.goto("/products")
        faults["list"] = serious_faults(page)
        steps.put_into_cart(page, "mat ong hoa tram", "Mật ong hoa tràm Định Mỹ")
        faults["cart"] = serious_faults(page)
        steps.search(page, "mat ong hoa tram")
        page.locator(".product-link").first.click()
        faults["product"] = serious_faults(page)
        page.goto("/checkout/delivery")
        faults["delivery"] = serious_faults(page)
        steps.fill_delivery(page)
        page.get_by_role("button", name="Tiếp tục: thanh toán").click()
        page.wait_for_url("**/checkout/payment")
        faults["payment"] = serious_faults(page)
        steps.pay(page, "Chuyển khoản VietQR")
        faults["order with QR"] = serious_faults(page)
    assert {name: found for name, found in faults.items() if found} == {}


def test_the_desks(browser: Browser, shop: RunningShop, keys: Keys, size: str) -> None:
    faults = {}
    for who, paths in _DESKS.items():
        with visit(browser, shop, size, bypass_csp=True, storage_state=keys.of(who)) as page:
            for path in paths:
                page.goto(path)
                faults[path] = serious_faults(page)
    assert {path: found for path, found in faults.items() if found} == {}


def test_the_certificate_form_and_the_report(browser: Browser, shop: RunningShop, keys: Keys, size: str) -> None:
    with visit(browser, shop, size, bypass_csp=True, storage_state=keys.of("tinh")) as page:
        page.goto("/officer/producers")
        page.locator("main .list-group-item a").first.click()
        page.wait_for_url("**/certificates/new")
        faults = {"certificate form": serious_faults(page)}
    with visit(browser, shop, size, bypass_csp=True, storage_state=keys.of("xa")) as page:
        page.goto("/reports")
        page.get_by_role("heading", name="Xã Thoại Sơn").get_by_role("link").click()
        page.wait_for_url("**/reports/*")
        faults["report"] = serious_faults(page)
    assert {name: found for name, found in faults.items() if found} == {}


def test_dark_pages(browser: Browser, shop: RunningShop, size: str) -> None:
    with visit(browser, shop, size, bypass_csp=True, color_scheme="dark") as page:
        page.goto("/")
        faults = {"home": serious_faults(page)}
        page.goto("/products")
        faults["list"] = serious_faults(page)
    assert {name: found for name, found in faults.items() if found} == {}


def test_a_fault_would_be_found(browser: Browser, shop: RunningShop) -> None:
    with visit(browser, shop, "phone", bypass_csp=True) as page:
        page.goto("/sign-in")
        page.evaluate("() => document.querySelector('main').append(document.createElement('button'))")
        assert [rule for rule, _help, _place in serious_faults(page)] == ["button-name"]
