"""A trader's phone loses its network: it shows a code of its stock, and the transfer finds the sale (case 26)."""

import json
import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from marketplace.core import vietqr
from tests.journeys import steps
from tests.journeys.conftest import Keys, visit
from tests.journeys.running import RunningShop

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


def test_a_sale_without_network_is_paid_by_its_code(browser: Browser, shop: RunningShop, keys: Keys) -> None:
    with (
        visit(browser, shop, "phone", storage_state=keys.of("quay")) as vendor,
        visit(browser, shop, "phone") as customer,
    ):
        vendor.goto("/till")
        expect(vendor.locator("[data-keypad]")).to_have_attribute("data-kept", "20")
        vendor.context.set_offline(True)
        vendor.get_by_label("Số tiền").fill("45000")
        vendor.get_by_role("button", name="Mã QR").click()
        payload = steps.read_qr(vendor)
        read = vietqr.read(payload)
        assert read.is_payable and read.amount == 45_000
        expect(vendor.locator("[data-shown-code]")).to_have_text(str(read.memo))
        assert [sale["code"] for sale in _kept(vendor, "waiting")] == [read.memo]
        assert read.memo not in {code["code"] for code in _kept(vendor, "codes")}
        app = vendor.get_by_role("link", name="Mở ngân hàng mô phỏng với mã này")
        expect(app).to_have_attribute("href", f"{shop.sandbox_url}/bank/app?{urlencode({'qr': payload})}")
        customer.goto(str(app.get_attribute("href")))
        steps.pay_at_the_bank(customer, 45_000)
        vendor.get_by_role("button", name="Bán tiếp").click()
        expect(vendor.locator("[data-queued]")).to_be_visible()
        vendor.context.set_offline(False)
        sent = vendor.locator(".sales li").first
        expect(sent).to_contain_text(re.compile("Chờ đối chiếu|Đã nhận"))  # whichever of notice and phone was quicker
        sent.get_by_role("link").click()
        expect(vendor.locator(".headline")).to_have_text(re.compile(r"^Đã nhận 45\.000.₫ lúc \d\d:\d\d$"))
        assert _kept(vendor, "waiting") == []


def _kept(vendor: Page, what: str) -> list[dict[str, str]]:
    """What the phone keeps under ``till-<what>-<stall>``."""
    found = vendor.evaluate(
        f"Object.entries(localStorage).find(([key]) => /^till-{what}-\\d+$/.test(key))?.[1] ?? '[]'"
    )
    return list(json.loads(found))
