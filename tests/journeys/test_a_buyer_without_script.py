"""A buyer on an old phone with script switched off: everything works, nothing slides sideways."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from marketplace.core.money import format_dong
from tests.journeys import steps
from tests.journeys.conftest import SIZES, visit
from tests.journeys.running import RunningShop

pytestmark = pytest.mark.journey


def test_buying_for_cash_without_script(browser: Browser, shop: RunningShop) -> None:
    with visit(browser, shop, "phone", java_script_enabled=False) as page:
        steps.search(page, "duong thot not")
        fits(page)
        page.get_by_role("link", name="Đường thốt nốt Thoại Giang").first.click()
        fits(page)
        price = steps.amount_in(page.locator(".pack .price").first)
        page.get_by_role("button", name="Thêm vào giỏ").click()
        expect(page.get_by_text("Đã thêm vào giỏ.")).to_be_visible()
        page.goto("/cart")
        fits(page)
        page.get_by_label("Số lượng").fill("2")
        page.get_by_role("button", name="Cập nhật").click()
        expect(page.locator(".sums")).to_contain_text(format_dong(2 * price))
        page.get_by_role("link", name="Tiếp tục: giao hàng").click()
        fits(page)
        fill_delivery_in_two_steps(page)
        page.get_by_role("button", name="Tiếp tục: thanh toán").click()
        fits(page)
        expect(steps.main(page)).to_contain_text("Lê Thị Hạnh, 0912 345 678")
        total = page.locator("dd.sums-total").inner_text()
        number = steps.pay(page, "Trả tiền mặt khi nhận hàng")
        fits(page)
        expect(page.get_by_role("heading", level=1)).to_have_text(
            re.compile(f"Đơn {number} Đã xác nhận, trả khi nhận hàng")
        )
        expect(page.locator("dd.sums-total")).to_have_text(total)
        page.reload()
        expect(steps.main(page)).to_contain_text("Xã Thoại Sơn")


def fill_delivery_in_two_steps(page: Page) -> None:
    """The province's communes come by a button; what was typed before stays."""
    page.get_by_label("Tên người nhận").fill("Lê Thị Hạnh")
    page.get_by_label("Số điện thoại").fill("0912345678")
    page.get_by_label("Tỉnh, thành phố").select_option(label="An Giang")
    page.get_by_role("button", name="Xem các xã, phường của tỉnh này").click()
    expect(page.get_by_label("Tên người nhận")).to_have_value("Lê Thị Hạnh")
    page.get_by_label("Xã, phường", exact=True).select_option(label="Xã Thoại Sơn")
    page.get_by_label("Số nhà, đường, thôn, ấp").fill("Số 8, ấp Tây Bình")


def fits(page: Page) -> None:
    """No sideways scrolling, and the simulation is said."""
    assert page.locator("html").evaluate("element => element.scrollWidth") <= SIZES["phone"]["width"], page.url
    expect(page.get_by_text("Mô phỏng: không có tiền thật").first).to_be_visible()


@pytest.mark.parametrize(
    "path",
    ["/", "/products", "/products?stars=4&group=food", "/markets", "/sign-in", "/sign-up", "/producers/register"],
)
def test_no_public_page_slides_sideways(browser: Browser, shop: RunningShop, path: str) -> None:
    with visit(browser, shop, "phone", java_script_enabled=False) as page:
        page.goto(path)
        fits(page)
