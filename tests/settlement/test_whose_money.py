"""Money that waits tells the operator whose it is: order and buyer, or stall and market; an order's money is seen."""

from datetime import date

from flask import Flask

from marketplace.checkout import flows
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.ledger import audit_checks
from marketplace.orders.models import Order, PaymentMethod
from marketplace.orders.queries import get_order
from marketplace.payments import services
from marketplace.payments.models import Refund
from marketplace.settlement.queries import money as queries
from marketplace.stalls import services as stalls
from marketplace.stalls.models import MarketFee, Means
from tests.checkout.buying import order, payment_of, transfer
from tests.checkout.conftest import Stock, country, stock
from tests.factories.accounts import UserFactory
from tests.factories.stalls import StallFactory, make_stall, sell
from tests.payments.conftest import movement, receive
from tests.settlement.paying_boards import fees_by_transfer, market_id, take_back
from tests.signing_in import signed_in

__all__ = ["country", "market_id", "stock"]

BUYER = ("Nguyễn Thị Lan", "0912 345 678")


def _page(app: Flask, address: str) -> str:
    answer = signed_in(app, Role.OPERATOR).get(address)
    assert answer.status_code == 200, answer.text
    return answer.text.replace("\N{NO-BREAK SPACE}", " ")


def _paid_twice(stock: Stock) -> Order:
    """An order whose buyer sent the money twice."""
    placed = order({stock(): 1})
    transfer(payment_of(placed), reference="FT-MOT")
    transfer(payment_of(placed), reference="FT-HAI")
    return placed


def test_waiting_money_names_order_and_buyer_with_a_way_to_its_money(country: Flask, stock: Stock) -> None:
    with country.app_context():
        placed = _paid_twice(stock)
        for address in ("/operator/money", "/desk"):
            page = _page(country, address)
            assert placed.number in page and all(words in page for words in BUYER), address
        assert f'href="/operator/money/orders/{placed.number}"' in _page(country, "/operator/money")


def test_the_link_of_the_desk_leads_to_the_item(country: Flask, stock: Stock) -> None:
    with country.app_context():
        _paid_twice(stock)
        (entry,) = queries.waiting_items()
        mark = f"receipt-{entry.item.receipt_id}"
        assert f"#{mark}" in _page(country, "/desk") and f'id="{mark}"' in _page(country, "/operator/money")


def test_a_refund_by_hand_names_order_and_buyer(country: Flask, stock: Stock) -> None:
    with country.app_context():
        placed = order({stock(): 1})
        transfer(payment_of(placed))
        part = get_order(placed.id).sub_orders[0]
        flows.refund_parcel(part, {part.lines[0].id: Dong(5_000)}, reason="vỡ", key="hoan-tay-1234567", actor_id=None)
        db.session.rollback()
        refund = db.session.query(Refund).one()
        for address in ("/operator/money", "/desk"):
            page = _page(country, address)
            assert placed.number in page and all(words in page for words in BUYER), address
        assert f"#refund-{refund.id}" in _page(country, "/desk")
        assert f'id="refund-{refund.id}"' in _page(country, "/operator/money")


def test_a_market_fee_that_the_bank_took_back_names_stall_and_market(market_id: int, app: Flask) -> None:
    fee_id = fees_by_transfer(market_id)[0]
    fee = db.session.get_one(MarketFee, fee_id)
    market, month = fee.stall.market.name, fee.period
    db.session.rollback()
    receive(fee.payment, memo="tra hai lan", bank_reference="FT-LAC")
    take_back(fee_id)
    db.session.rollback()
    payment = db.session.get_one(MarketFee, fee_id).payment
    receive(payment, memo="quen ma", bank_reference="FT-QUEN")
    page = _page(app, "/operator/money")
    assert f"Phí chợ tháng {month:%m/%Y}" in page and market in page


def test_money_for_the_replaced_code_of_a_fee_or_sale_names_its_stall(context: Flask, app: Flask) -> None:
    with transaction():
        stall, actor_id = StallFactory(number="41", name="Bún"), UserFactory().id
        due = {"period": date(2026, 11, 1), "amount": Dong(150_000), "due_on": date(2026, 11, 30)}
        (fee,) = stalls.set_fees(stall.market, [stall], actor_id=actor_id, **due)
    old = fee.payment
    with transaction():
        stalls.change_fee(fee, amount=Dong(fee.amount + 1_000), due_on=fee.due_on, actor_id=actor_id)
    receive(old, 150_000, bank_reference="FT-MA-CU")
    sale = sell(make_stall(number="77", name="Chè", bank_account="0911000111"), 45_000, Means.QR)
    undone = sale.payment
    receive(undone, bank_reference="FT-BAN")
    told = movement(undone, direction="out", memo="", bank_reference="R9", related_reference="FT-BAN")
    with transaction():
        services.follow_movement(told)
    receive(undone, bank_reference="FT-LAI")
    page = _page(app, "/operator/money")
    assert "Phí chợ tháng 11/2026: sạp 41 (Bún)" in page and "sạp 77 (Chè)" in page
    assert "mã đã được thay" not in page
    assert audit_checks.run() == []


def test_the_operator_sees_all_money_of_an_order_and_nobody_else_does(country: Flask, stock: Stock) -> None:
    with country.app_context():
        placed = _paid_twice(stock)
        address = f"/operator/money/orders/{placed.number}"
        page = _page(country, address)
        for words in ("FT-MOT", "FT-HAI", payment_of(placed).transfer_code, *BUYER, "Tài khoản ngân hàng của chợ"):
            assert str(words) in page, words
        assert "order:escrow" not in page and "payment_settled" not in page
        assert "12 Nguyễn Huệ" not in page, "where the buyer lives is none of this page's business"
        assert signed_in(country, Role.PRODUCER).get(address).status_code == 403
        operator = signed_in(country, Role.OPERATOR)
        assert operator.get("/operator/money/orders/OC-KHONGCO2").status_code == 404
        typed = operator.get(f"/operator/money/orders?number=%20{placed.number.lower()}%20")
        assert (typed.status_code, typed.location) == (302, address)


def test_the_books_of_an_order_hold_reversals_and_nothing_of_a_neighbour(country: Flask, stock: Stock) -> None:
    with country.app_context():
        placed, other = order({stock(): 1}), order({stock("Trà sen", price=45_000): 1})
        transfer(payment_of(placed), reference="FT-MOT")
        transfer(payment_of(other), reference="FT-KHAC")
        told = movement(payment_of(placed), direction="out", memo="", bank_reference="R1", related_reference="FT-MOT")
        with transaction():
            services.follow_movement(told)
        page = _page(country, f"/operator/money/orders/{placed.number}")
        assert page.count("Khoản thanh toán đã được trả") == 2 and page.count("đã ghi ngược lại") == 3
        assert "FT-KHAC" not in page and "45.000" not in page


def test_a_card_payment_without_an_answer_says_so_and_what_not_to_do(country: Flask, stock: Stock) -> None:
    with country.app_context():
        placed, by_code = order({stock(): 1}, method=PaymentMethod.CARD), order({stock(): 1})
        page = _page(country, f"/operator/money/orders/{placed.number}")
        assert "Cổng thẻ chưa trả lời" in page and "đừng thu tiền bằng cách khác" in page and "chưa gửi đi" not in page
        assert "Cổng thẻ chưa trả lời" not in _page(country, f"/operator/money/orders/{by_code.number}")


def test_money_that_the_bank_took_back_is_not_called_unused(country: Flask, stock: Stock) -> None:
    with country.app_context():
        placed = order({stock(): 1})
        transfer(payment_of(placed), reference="FT-MOT")
        told = movement(payment_of(placed), direction="out", memo="", bank_reference="R1", related_reference="FT-MOT")
        with transaction():
            services.follow_movement(told)
        page = _page(country, f"/operator/money/orders/{placed.number}")
        assert "ngân hàng đã thu lại" in page and "chưa dùng: 0 ₫" in page
