"""What goes wrong costs nobody what was typed, and every refusal says what to do."""

import pytest
from playwright.sync_api import Page, expect

from marketplace.core.money import format_dong
from tests.journeys import steps

pytestmark = pytest.mark.journey

_HONEY = "Mật ong hoa tràm Định Mỹ"


def test_a_bad_phone_number_keeps_the_rest(visitor: Page) -> None:
    steps.put_into_cart(visitor, "mat ong hoa tram", _HONEY)
    visitor.goto("/checkout/delivery")
    steps.fill_delivery(visitor, phone="12345")
    visitor.get_by_role("button", name="Tiếp tục: thanh toán").click()
    expect(visitor.get_by_text("Xin xem lại các ô được đánh dấu. Nội dung đã nhập vẫn còn nguyên.")).to_be_visible()
    expect(visitor.get_by_text("Số điện thoại cần 10 chữ số, ví dụ 0912 345 678.")).to_be_visible()
    expect(visitor.get_by_label("Số điện thoại")).to_have_value("12345")
    expect(visitor.get_by_label("Tên người nhận")).to_have_value("Lê Thị Hạnh")
    expect(visitor.get_by_label("Số nhà, đường, thôn, ấp")).to_have_value("Số 8, ấp Tây Bình")
    expect(visitor.get_by_label("Xã, phường", exact=True)).to_have_value("30682")
    visitor.get_by_label("Số điện thoại").fill("0912 345 678")
    visitor.get_by_role("button", name="Tiếp tục: thanh toán").click()
    expect(visitor.get_by_role("heading", name="Kiểm tra và thanh toán")).to_be_visible()


def test_an_empty_cart_leads_back_to_the_goods(visitor: Page) -> None:
    visitor.goto("/checkout/delivery")
    expect(visitor.get_by_text("Giỏ hàng đang trống.")).to_be_visible()
    visitor.get_by_role("link", name="Xem sản phẩm").click()
    expect(visitor.get_by_role("heading", name="Sản phẩm OCOP, mua thẳng từ người làm ra")).to_be_visible()


def test_after_a_declined_card_another_one_pays(visitor: Page) -> None:
    told = steps.put_into_cart(visitor, "mat ong hoa tram", _HONEY)
    steps.place_order(visitor, "Thẻ ngân hàng", card="Thẻ bị ngân hàng từ chối")
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Chờ thanh toán")
    expect(visitor.get_by_text("Thẻ chưa trả được.")).to_be_visible()
    visitor.get_by_label("Thẻ thanh toán được ngay").check()
    visitor.get_by_role("button", name=f"Trả {format_dong(told.total)} bằng thẻ").click()
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Đã thanh toán")
    expect(visitor.get_by_text("Đã nhận tiền:")).to_contain_text(format_dong(told.total))
