"""What people do again and again in the journeys, in the words that stand on the screen."""

import io
import re
from dataclasses import dataclass

import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from marketplace.core.money import format_dong, parse_dong
from seeds.demo.people import PASSWORD


def sign_in(page: Page, email: str) -> None:
    """Sign in with the demonstration's password, and with the code that is shown to those who need one."""
    page.goto("/sign-in")
    page.get_by_label("Số điện thoại hoặc e-mail").fill(email)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    main(page).get_by_role("button", name="Đăng nhập").click()
    code = page.locator("#demo-code")
    if page.url.endswith("/sign-in/code"):
        page.get_by_label("Mã trên ứng dụng xác thực").fill(code.inner_text())
        main(page).get_by_role("button", name="Đăng nhập").click()
    expect(page).not_to_have_url(re.compile("/sign-in"))


def main(page: Page) -> Locator:
    """The page without header and footer."""
    return page.locator("main")


def search(page: Page, words: str) -> None:
    """Type into the search box of the first page."""
    page.goto("/")
    page.get_by_label("Tìm sản phẩm, cơ sở sản xuất hoặc nơi làm ra").fill(words)
    page.get_by_role("button", name="Tìm", exact=True).click()


@dataclass(frozen=True)
class Told:
    """What a product page told of one parcel with one of the first pack: dong."""

    price: int
    delivery_fee: int

    @property
    def total(self) -> int:
        """The parcel: goods and delivery."""
        return self.price + self.delivery_fee


def put_into_cart(page: Page, words: str, product: str) -> Told:
    """Find a product by ``words``, open it and put one of its first pack into the cart."""
    search(page, words)
    page.get_by_role("link", name=product).first.click()
    expect(page.get_by_role("heading", name=product, level=1)).to_be_visible()
    fee = re.search(r"Phí giao hàng của cơ sở này: ([\d.]+)", main(page).inner_text())
    assert fee
    told = Told(amount_in(page.locator(".pack .price").first), int(parse_dong(fee[1])))
    page.get_by_role("button", name="Thêm vào giỏ").click()
    expect(page.get_by_text("Đã thêm vào giỏ.")).to_be_visible()
    return told


def fill_delivery(page: Page, *, phone: str = "0912 345 678") -> None:
    """Who receives the goods, in the pilot commune; the communes come when the province is chosen."""
    page.get_by_label("Tên người nhận").fill("Lê Thị Hạnh")
    page.get_by_label("Số điện thoại").fill(phone)
    page.get_by_label("Tỉnh, thành phố").select_option(label="An Giang")
    page.get_by_label("Xã, phường", exact=True).select_option(label="Xã Thoại Sơn")
    page.get_by_label("Số nhà, đường, thôn, ấp").fill("Số 8, ấp Tây Bình")


def place_order(page: Page, pay_by: str, *, card: str = "") -> str:
    """From the cart over delivery to the order's page; returns the number of the order."""
    page.goto("/cart")
    page.get_by_role("link", name="Tiếp tục: giao hàng").click()
    fill_delivery(page)
    page.get_by_role("button", name="Tiếp tục: thanh toán").click()
    return pay(page, pay_by, card=card)


def pay(page: Page, pay_by: str, *, card: str = "") -> str:
    """Choose how to pay and order; returns the number of the order."""
    page.get_by_label(pay_by, exact=True).check()
    if card:
        page.get_by_label(card).check()
    page.get_by_role("button", name="Đặt hàng").click()
    heading = page.get_by_role("heading", name=re.compile("^Đơn OC-"), level=1)
    expect(heading).to_be_visible()
    number = re.search(r"OC-\w+", heading.inner_text())
    assert number
    return number[0]


def pay_at_the_bank(page: Page, amount: int) -> None:
    """On the sandbox bank's page: pay exactly what is asked for."""
    expect(page.get_by_text("không có tiền thật", exact=False).first).to_be_visible()
    page.get_by_role("button", name=f"Chuyển {format_dong(amount)}").click()
    expect(page.get_by_role("heading", name="Đã chuyển tiền")).to_be_visible()


def amount_in(place: Locator) -> int:
    """The dong written in ``place``."""
    return int(parse_dong(place.inner_text()))


def read_qr(page: Page) -> str:
    """Hold a phone's camera to the screen: the text of the one QR code on it."""
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.locator("svg.qr").screenshot())))
    return str(code.text)
