"""Case 29: the printed code must lead to the registered account; a foreign one is reported, its money pays nothing."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.core import vietqr
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.roles import Role
from marketplace.ledger import queries as ledger
from marketplace.stalls import queries, services
from marketplace.stalls.models import Means, SaleState, Stall, StickerReport, StickerResult
from marketplace.stalls.services import ReadAccount
from tests.factories.accounts import UserFactory
from tests.factories.stalls import make_stall, sell
from tests.payments.conftest import receive
from tests.signing_in import post_form, signed_in

ACCOUNT, STRANGER = "0911000111", "0666000666"
OURS, FOREIGN = vietqr.build("999999", ACCOUNT), vietqr.build("999999", STRANGER)
#: A whole code of another scheme: a reader says "other", never "damaged"; it does not lead to the trader either.
OTHER_SCHEME = "00020101021126280010A000000775011001083406335204541153037045802VN5910CUA HANG A6005HANOI6304"


def _check(stall_id: int, payload: str = "", read: tuple[str, str] | None = None) -> StickerResult:
    with transaction():
        actor_id = UserFactory().id
        typed = ReadAccount(*(read or (None, None)))
        return services.check_sticker(stall_id, payload=payload, typed=typed, actor_id=actor_id).result


@pytest.mark.parametrize(
    ("payload", "read", "result"),
    [
        (OURS, None, "matches"),
        (f" {OURS}\n", None, "unreadable"),
        (vietqr.build("999999", ACCOUNT, amount=45_000), None, "matches"),
        ("", ("999999", ACCOUNT), "matches"),
        (FOREIGN, None, "other_account"),
        (vietqr.build("970436", ACCOUNT), None, "other_account"),
        ("", ("999999", STRANGER), "other_account"),
        ("", ("970436", ACCOUNT), "other_account"),
        (OTHER_SCHEME + vietqr.checksum(OTHER_SCHEME), None, "other_account"),
        (OURS[:-1] + ("0" if OURS[-1] != "0" else "1"), None, "unreadable"),
        ("https://example.vn/pay", None, "unreadable"),
    ],
)
def test_only_bank_and_account_as_registered_match(
    context: Flask, payload: str, read: tuple[str, str] | None, result: str
) -> None:
    stall_id = make_stall(bank_account=ACCOUNT)
    assert _check(stall_id, payload, read).value == result
    assert [check.result.value for check in queries.latest_checks(stall_id)] == [result]
    assert (queries.find_open_report(stall_id) is not None) == (result == "other_account")


def test_there_must_be_something_to_compare(context: Flask) -> None:
    stall_id = make_stall(bank_account=ACCOUNT)
    for read in (None, ("999999", ""), ("", ACCOUNT)):
        with pytest.raises(Invalid, match="sticker_missing"):
            _check(stall_id, "", read)
    bare = make_stall(bank_bin=None, bank_account=None, bank_holder=None, qr_since=None)
    with pytest.raises(Conflict, match="stall_without_account"):
        _check(bare, OURS)
    assert queries.latest_checks(stall_id) == []


def test_a_second_foreign_reading_opens_no_second_report_and_a_match_closes_none(context: Flask) -> None:
    stall_id = make_stall(bank_account=ACCOUNT)
    for payload in (FOREIGN, FOREIGN, OURS):
        _check(stall_id, payload)
    assert len(db.session.scalars(select(StickerReport)).all()) == 1
    assert queries.count_open_sticker_reports() == 1


def test_the_sale_of_a_pasted_over_stall_is_not_paid(context: Flask) -> None:
    stall_id = make_stall(bank_account=ACCOUNT)
    _check(stall_id, FOREIGN)
    sale = sell(stall_id, 45_000, Means.QR)
    receive(sale.payment, account=STRANGER, memo="tien rau")
    db.session.expire_all()
    assert sale.state is SaleState.AWAITING
    assert queries.list_incoming(db.session.get_one(Stall, stall_id)) == []
    assert [row.code for row in ledger.trial_balance() if row.balance] == []


# -- the pages -----------------------------------------------------------------------------------------------------


@pytest.fixture
def stall_id(app: Flask) -> int:
    with app.app_context():
        return make_stall(name="Rau củ cô Ba", bank_account=ACCOUNT)


@pytest.fixture
def market(app: Flask, stall_id: int) -> tuple[int, str]:
    with app.app_context():
        found = queries.get_stall(stall_id).market
        return found.id, found.slug


def test_29_from_the_traders_check_to_the_managers_word(app: Flask, stall_id: int, market: tuple[int, str]) -> None:
    vendor = signed_in(app, Role.VENDOR, subject_id=stall_id)
    manager = signed_in(app, Role.MARKET_MANAGER, subject_id=market[0])
    operator = signed_in(app, Role.OPERATOR)
    address = f"/till/{stall_id}/sticker"
    fine = post_form(vendor, address, {"payload": OURS})
    assert "Mã in dẫn đúng đến tài khoản đã đăng ký" in vendor.get(fine.location).text
    bad = post_form(vendor, address, {"payload": FOREIGN})
    assert "Cẩn thận: mã in dẫn đến tài khoản khác" in vendor.get(bad.location).text
    assert "Đừng để khách quét mã này" in vendor.get(f"/till/{stall_id}").text
    for watcher in (manager, operator):
        page = watcher.get("/markets/managed/stickers").text
        assert STRANGER in page and ACCOUNT in page and "Rau củ cô Ba" in page
    with app.app_context():
        report_id = db.session.scalars(select(StickerReport.id)).one()
    close = f"/markets/managed/stickers/{report_id}/close"
    assert post_form(manager, close, {"outcome": " "}).status_code == 422
    assert post_form(manager, close, {"outcome": "Đã gỡ, treo thẻ mới"}).status_code == 303
    assert post_form(operator, close, {"outcome": "khác"}).status_code == 409
    assert "Đã gỡ, treo thẻ mới" in operator.get("/markets/managed/stickers").text
    assert "Đừng để khách quét mã này" not in vendor.get(f"/till/{stall_id}").text


def test_a_manager_compares_for_the_own_market_only(app: Flask, stall_id: int, market: tuple[int, str]) -> None:
    own = signed_in(app, Role.MARKET_MANAGER, subject_id=market[0])
    other = signed_in(app, Role.MARKET_MANAGER)
    address = f"/markets/{market[1]}/stalls/{stall_id}/sticker"
    assert post_form(other, address, {"payload": FOREIGN}).status_code == 404
    assert post_form(own, address, {"payload": FOREIGN}).status_code == 303
    with app.app_context():
        report_id = db.session.scalars(select(StickerReport.id)).one()
    assert STRANGER not in other.get("/markets/managed/stickers").text
    answer = post_form(other, f"/markets/managed/stickers/{report_id}/close", {"outcome": "đã xử lý"})
    assert answer.status_code == 404
    with app.app_context():
        assert queries.count_open_sticker_reports() == 1


@pytest.mark.parametrize("sent", [{}, {"payload": ""}, {"payload": "x" * 601}, {"read_bin": "999999"}])
def test_what_cannot_be_compared_is_asked_again(
    app: Flask, client: FlaskClient, stall_id: int, sent: dict[str, str]
) -> None:
    vendor = signed_in(app, Role.VENDOR, subject_id=stall_id)
    assert post_form(vendor, f"/till/{stall_id}/sticker", sent).status_code == 422
