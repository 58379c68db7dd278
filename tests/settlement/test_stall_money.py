"""The operator's page of one stall's money: recorded, received, owed, and what does not agree yet."""

from datetime import date

import pytest
from flask import Flask

from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.settlement.queries.stall_money import stall_money, stalls_by_market
from marketplace.stalls import queries, services
from marketplace.stalls.models import Means
from tests.factories.accounts import UserFactory
from tests.factories.stalls import make_stall, sell
from tests.payments.conftest import receive
from tests.signing_in import signed_in


@pytest.fixture
def stall_id(context: Flask) -> int:
    return make_stall(number="7", name="Rau sạch", bank_account="0911000111")


def _page(app: Flask, address: str) -> str:
    answer = signed_in(app, Role.OPERATOR).get(address)
    assert answer.status_code == 200, answer.text
    return answer.text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_stall_without_anything_open_says_so(app: Flask, stall_id: int) -> None:
    sell(stall_id, 20_000)
    assert stall_money(stall_id).is_clear
    page = _page(app, f"/operator/money/stalls/{stall_id}")
    assert "không còn gì phải xử lý" in page and "20.000 ₫" in page and "999999 · 0911000111" in page


def test_everything_open_about_a_stall_stands_on_its_page(app: Flask, stall_id: int) -> None:
    waiting, paid = sell(stall_id, 45_000, Means.QR), sell(stall_id, 30_000, Means.QR)
    receive(paid.payment, bank_reference="FT-DU", amount=31_000)
    receive(waiting.payment, bank_reference="FT-LE", amount=5_000, memo="khong ma")
    with transaction():
        stall, actor_id = queries.get_stall(stall_id), UserFactory().id
        services.set_fees(
            stall.market, [stall], period=date(2026, 11, 1), amount=Dong(150_000), due_on=date(2026, 11, 30),
            actor_id=actor_id,
        )  # fmt: skip
        shift = queries.find_open_shift(stall_id)
        assert shift is not None
        services.close_shift(
            stall_id, shift.id, up_to=1, counted_cash=Dong(2_000), reason="Thừa tiền lẻ", actor_id=actor_id
        )
    found = stall_money(stall_id)
    assert [sale.id for sale in found.awaited] == [waiting.id] and found.awaited_count == 1
    assert {receipt.bank_reference for receipt in found.loose} == {"FT-DU", "FT-LE"}
    assert (found.owed, len(found.differences), found.books["own_bank"]) == (150_000, 1, 30_000)
    [(_, [row])] = stalls_by_market()
    assert (row.awaited, row.loose, row.fees, row.is_reported) == (1, 2, 1, False) and not row.is_clear
    page = _page(app, "/operator/money/stalls")
    for words in ("giao dịch chưa trả cho việc gì: 2", "chờ ngân hàng: 1", "phí chợ chưa nộp: 1"):
        assert words in page, words
    page = _page(app, f"/operator/money/stalls/{stall_id}")
    for words in ("FT-DU", "1.000 ₫", "FT-LE", "150.000 ₫", "Thừa tiền lẻ", str(waiting.payment.transfer_code)):
        assert words in page, words


def test_a_neighbours_money_stands_on_no_other_page(app: Flask, stall_id: int) -> None:
    other = make_stall(number="8", bank_account="0922000222")
    receive(sell(other, 45_000, Means.QR).payment, bank_reference="FT-HANG-XOM", memo="khong ma")
    assert stall_money(stall_id).is_clear and not stall_money(other).is_clear
    assert "FT-HANG-XOM" not in _page(app, f"/operator/money/stalls/{stall_id}")


def test_the_stalls_are_found_from_the_money_page_and_by_operators_alone(app: Flask, stall_id: int) -> None:
    assert 'href="/operator/money/stalls"' in _page(app, "/operator/money")
    assert f'href="/operator/money/stalls/{stall_id}"' in _page(app, "/operator/money/stalls")
    for address in ("/operator/money/stalls", f"/operator/money/stalls/{stall_id}"):
        assert signed_in(app, Role.MARKET_MANAGER).get(address).status_code == 403
    assert signed_in(app, Role.OPERATOR).get("/operator/money/stalls/999999").status_code == 404


def test_waiting_money_of_a_sale_leads_to_its_stall(app: Flask, stall_id: int) -> None:
    payment = sell(stall_id, 45_000, Means.QR).payment
    receive(payment, 46_000, bank_reference="FT-THUA")
    assert f'href="/operator/money/stalls/{stall_id}"' in _page(app, "/operator/money")
    db.session.rollback()
