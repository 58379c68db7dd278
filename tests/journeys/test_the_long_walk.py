"""From the certificate to the commune's report: every room, every person, once on a phone and once on a desk."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from marketplace.core import clock
from marketplace.core.money import format_dong
from marketplace.core.text import fold
from seeds.demo.facts import COOPERATIVE, NEIGHBOUR
from seeds.demo.pictures import draw_picture
from tests.journeys import steps
from tests.journeys.conftest import Keys, visit
from tests.journeys.running import RunningShop

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

_PRICE, _STOCK = 68_000, 40
_QR_SALE, _CASH_SALE = 45_000, 20_000
_MORE_MONEY = "UPDATE ledger_line SET amount = amount + 1000 WHERE id = :id"
_NEIGHBOURS_PRODUCT = "Mật ong hoa tràm Định Mỹ"


@dataclass(frozen=True)
class Novelty:
    """What the cooperative brings to market in one walk."""

    name: str
    decision: str
    lot: str
    trace_link: str


NOVELTIES = {
    "phone": Novelty("Kẹo thốt nốt Ba Thê", "2601/QĐ-UBND", "KTN-01", "https://truyxuat.gov.vn/minh-hoa/keo-thot-not"),
    "desktop": Novelty("Bánh phồng Óc Eo", "2602/QĐ-UBND", "BP-01", "https://truyxuat.gov.vn/minh-hoa/banh-phong"),
}


@dataclass
class People:
    """Everybody's own browser window, signed in."""

    province: Page
    commune: Page
    cooperative: Page
    vendor: Page
    guest: Page


@pytest.fixture
def people(browser: Browser, shop: RunningShop, keys: Keys, size: str) -> Iterator[People]:
    """The people of the walk."""
    with ExitStack() as windows:
        cookies = [*map(keys.of, ("tinh", "xa", "htx", "quay")), None]
        yield People(*[windows.enter_context(visit(browser, shop, size, storage_state=each)) for each in cookies])


def test_every_step_moves_the_commune_report_by_exactly_itself(people: People, shop: RunningShop, size: str) -> None:
    novelty = NOVELTIES[size]
    before = figures(people.commune)
    record_certificate(people.province, novelty)
    list_product(people.cooperative, novelty)
    approve(people.province, novelty)
    receive_lot(people.cooperative, novelty)
    by_card, parcel = buy_by_card(people.guest, novelty)
    by_vietqr = buy_by_vietqr(people.guest, novelty, parcel)
    for number in (by_card, by_vietqr):
        pack_and_ship(people.cooperative, number, novelty, parcel)
    sell_at_the_stall(people.vendor, people.guest, shop.sandbox_url)
    after = figures(people.commune)

    moved = {code: (after[code][0] - before[code][0], after[code][1] - before[code][1]) for code in before}
    assert {code: moved[code] for code in ("E1", "E10-N", "E10-V", "M7-N", "M7-V", "M9-N", "M9-V")} == {
        "E1": (1, 1),
        "E10-N": (2, 2),
        "E10-V": (2 * parcel, 2 * parcel),
        "M7-N": (1, 2),
        "M7-V": (_QR_SALE, _QR_SALE + _CASH_SALE),
        "M9-N": (2, 0),
        "M9-V": (_QR_SALE + _CASH_SALE, 0),
    }
    assert [moved[code][0] for code in ("E7", "E8")] == [2 * _PRICE, 2 * _PRICE]
    drill_down(people.commune, novelty, (by_card, by_vietqr), parcel)


@pytest.mark.parametrize("harm", [None, "DELETE FROM ledger_line WHERE id = :id", _MORE_MONEY])
def test_the_audit_proves_the_books_and_sees_every_harm(shop: RunningShop, tmp_path: Path, harm: str | None) -> None:
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(shop.folder / "marketplace.db")) as books:
        books.execute("VACUUM INTO ?", (str(copy),))
    if harm:
        _do_harm(copy, harm)
    audit = shop.flask("ledger", "audit", DATABASE_URL=f"sqlite:///{copy}")
    assert (audit.returncode != 0) == bool(harm), audit.stdout + audit.stderr
    assert ("BROKEN" in audit.stdout) == bool(harm)


def _do_harm(copy: Path, harm: str) -> None:
    """Change the newest line of the ledger behind everybody's back."""
    with closing(sqlite3.connect(copy)) as books:
        guards = books.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger_line'")
        for (name,) in guards.fetchall():
            books.execute(f'DROP TRIGGER "{name}"')
        (newest,) = books.execute("SELECT max(id) FROM ledger_line").fetchone()
        assert books.execute(harm, {"id": newest}).rowcount == 1
        books.commit()


# -- the steps, in order -------------------------------------------------------------------------------------------


def figures(officer: Page) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of every indicator by code, from the download of the running month; unknown is 0."""
    officer.goto("/reports")
    officer.get_by_role("heading", name="Xã Thoại Sơn").get_by_role("link").click()
    address = officer.get_by_role("link", name="JSON").get_attribute("href")
    report = officer.request.get(str(address)).json()
    assert report["unit"]["name"] == "Xã Thoại Sơn"
    return {row["code"]: (row["numerator"] or 0, row["denominator"] or 0) for row in report["indicators"]}


def record_certificate(officer: Page, novelty: Novelty) -> None:
    """The province's officer records a decision of three stars for a product of the cooperative."""
    officer.goto("/officer/certificates")
    steps.main(officer).get_by_role("link", name="Ghi chứng nhận").click()
    officer.get_by_label("Sản phẩm của cơ sở nào được công nhận?").fill(fold(COOPERATIVE))
    officer.get_by_role("button", name="Tìm").click()
    officer.get_by_role("link", name=COOPERATIVE).click()
    officer.get_by_label("Sản phẩm OCOP").select_option(label="Sản phẩm được công nhận lần đầu")
    officer.get_by_label("Tên sản phẩm mới").fill(novelty.name)
    officer.get_by_label("Nhóm sản phẩm").select_option(label="Thực phẩm")
    officer.get_by_label("Số quyết định").fill(novelty.decision)
    officer.get_by_label("Ngày quyết định").fill(f"{clock.today():%d/%m/%Y}")
    officer.get_by_label("Số sao").select_option(label="3 ★")
    officer.get_by_role("button", name="Ghi chứng nhận").click()
    expect(officer.get_by_text("Đã ghi chứng nhận.")).to_be_visible()
    expect(steps.main(officer)).to_contain_text(novelty.decision)


def list_product(member: Page, novelty: Novelty) -> None:
    """The cooperative writes the listing with picture and trace link and hands it in."""
    member.goto("/my/products")
    steps.main(member).get_by_role("link", name="Sản phẩm mới").click()
    member.get_by_label("Sản phẩm OCOP").select_option(label=novelty.name)
    member.get_by_label("Tên bán hàng").fill(novelty.name)
    member.get_by_label("Mô tả", exact=True).fill("Nấu từ nước thốt nốt tươi trong ngày.")
    member.get_by_label("Quy cách", exact=True).first.fill("Gói 200 g")
    member.get_by_label("Giá (đồng)").first.fill("68.000")
    member.get_by_label("Khối lượng tịnh (g hoặc ml)").first.fill("200")
    picture = draw_picture(fold(novelty.name), "food", number=1)
    member.get_by_label("Thêm ảnh").set_input_files([{"name": "anh.jpg", "mimeType": "image/jpeg", "buffer": picture}])
    member.get_by_label("Mô tả ảnh").last.fill(f"{novelty.name} bày trên đĩa")
    member.get_by_role("button", name="Thêm ảnh này").click()
    expect(member.locator("img.thumb")).to_be_visible()
    member.get_by_label("Liên kết truy xuất").first.fill(novelty.trace_link)
    member.get_by_role("button", name="Gửi duyệt").click()
    expect(member.get_by_text("Đã gửi duyệt.")).to_be_visible()


def approve(officer: Page, novelty: Novelty) -> None:
    """The officer reads what is to be shown and approves it."""
    officer.goto("/review/products")
    officer.get_by_role("link", name=novelty.name).click()
    expect(officer.get_by_role("link", name=novelty.trace_link)).to_be_visible()
    expect(officer.get_by_role("img", name=f"{novelty.name} bày trên đĩa")).to_be_visible()
    officer.get_by_role("button", name="Duyệt", exact=True).click()
    expect(officer.get_by_text("Đã duyệt.")).to_be_visible()


def receive_lot(member: Page, novelty: Novelty) -> None:
    """The first lot comes into store; from then on it can be bought."""
    today = clock.today()
    member.goto("/producer/lots/new")
    member.get_by_label("Sản phẩm và quy cách").select_option(label=f"{novelty.name} · Gói 200 g")
    member.get_by_label("Mã lô in trên nhãn").fill(novelty.lot)
    member.get_by_label("Số lượng").fill(str(_STOCK))
    member.get_by_label("Ngày sản xuất").fill(f"{today:%d/%m/%Y}")
    member.get_by_label("Hạn dùng").fill(f"{today + timedelta(days=180):%d/%m/%Y}")
    member.get_by_role("button", name="Nhập kho").click()
    expect(member.get_by_text("Đã nhập lô hàng vào kho.")).to_be_visible()


def fill_cart(guest: Page, novelty: Novelty) -> tuple[steps.Told, steps.Told]:
    """The new product, found without marks, and honey of the neighbours; the cart says what both parcels cost."""
    own = steps.put_into_cart(guest, fold(novelty.name), novelty.name)
    assert own.price == _PRICE
    other = steps.put_into_cart(guest, "mat ong hoa tram", _NEIGHBOURS_PRODUCT)
    guest.goto("/cart")
    for producer in (COOPERATIVE, NEIGHBOUR):
        expect(guest.get_by_role("heading", name=producer)).to_be_visible()
    expect(guest.locator(".sums")).to_contain_text(format_dong(own.total + other.total))
    return own, other


def buy_by_card(guest: Page, novelty: Novelty) -> tuple[str, int]:
    """Returns the number of the order and what the cooperative's parcel costs."""
    own, other = fill_cart(guest, novelty)
    number = steps.place_order(guest, "Thẻ ngân hàng", card="Thẻ thanh toán được ngay")
    expect(guest.get_by_role("heading", level=1)).to_contain_text("Đã thanh toán")
    expect(guest.get_by_text(f"Đã nhận tiền: {format_dong(own.total + other.total)}.")).to_be_visible()
    expect(steps.main(guest)).to_contain_text(f"3 sao, quyết định {novelty.decision}")
    return number, own.total


def buy_by_vietqr(guest: Page, novelty: Novelty, parcel: int) -> str:
    """The same goods, paid in the simulated bank's app; returns the number of the order."""
    own, other = fill_cart(guest, novelty)
    total = own.total + other.total
    assert own.total == parcel
    number = steps.place_order(guest, "Chuyển khoản VietQR")
    expect(guest.get_by_role("heading", level=1)).to_contain_text("Chờ thanh toán")
    expect(guest.locator(".qr-mark")).to_have_text("MÔ PHỎNG: KHÔNG CÓ TIỀN THẬT")
    expect(guest.locator(".big-amount")).to_have_text(format_dong(total))
    order_page = guest.url
    guest.get_by_role("link", name="Mở ngân hàng mô phỏng").click()
    steps.pay_at_the_bank(guest, total)
    guest.goto(order_page)
    expect(guest.get_by_text(f"Đã nhận tiền: {format_dong(total)}.")).to_be_visible()
    return number


def pack_and_ship(member: Page, number: str, novelty: Novelty, parcel: int) -> None:
    """The cooperative packs its parcel and hands it to the carrier."""
    member.goto("/producer/orders")
    member.get_by_role("link", name=number).click()
    expect(steps.main(member)).to_contain_text(novelty.name)
    expect(steps.main(member)).to_contain_text(format_dong(parcel))
    expect(steps.main(member)).not_to_contain_text(_NEIGHBOURS_PRODUCT)
    member.get_by_role("button", name="Đã đóng gói").click()
    member.get_by_role("button", name="Đã giao cho bên vận chuyển").click()
    expect(member.get_by_role("heading", level=1)).to_contain_text("Đang giao")


def sell_at_the_stall(vendor: Page, customer: Page, sandbox_url: str) -> None:
    """A QR sale that the customer pays in the bank's app, then a cash sale."""
    vendor.goto("/till")
    vendor.get_by_label("Số tiền").fill("45000")
    vendor.get_by_role("button", name="Mã QR").click()
    expect(vendor.locator(".headline")).to_have_text("Chưa xác nhận")
    expect(vendor.locator(".asked")).to_have_text(format_dong(_QR_SALE))
    customer.goto(f"{sandbox_url}/bank/app?{urlencode({'qr': steps.read_qr(vendor)})}")
    steps.pay_at_the_bank(customer, _QR_SALE)
    expect(vendor.locator(".headline")).to_have_text(re.compile(r"^Đã nhận 45\.000.₫ lúc \d\d:\d\d$"))
    expect(vendor.locator(".sale-actions :is(a, button)")).to_have_text(["Bán tiếp"])  # nothing left for waiting
    vendor.get_by_role("link", name="Bán tiếp").click()
    vendor.get_by_label("Số tiền").fill("20000")
    vendor.get_by_role("button", name="Tiền mặt").click()
    expect(vendor.get_by_text(re.compile(r"^Đã thu 20\.000.₫ tiền mặt lúc \d\d:\d\d"))).to_be_visible()


def drill_down(officer: Page, novelty: Novelty, orders: tuple[str, ...], parcel: int) -> None:
    """The records behind the numbers are these very products, orders and sales."""
    officer.goto("/reports")
    officer.get_by_role("heading", name="Xã Thoại Sơn").get_by_role("link").click()
    report = officer.url
    for code, seen in (
        ("E1", [novelty.name]),
        ("E10-V", [*orders, format_dong(parcel)]),
        ("M9-V", [format_dong(_QR_SALE), format_dong(_CASH_SALE)]),
    ):
        officer.goto(report)
        officer.get_by_role("link", name=f"Xem bản ghi {code}", exact=True).click()
        for words in seen:
            expect(steps.main(officer)).to_contain_text(words)
