"""Pages and API of a stall's account: the trader names it, the market's management verifies it (ADR 0010)."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.core.db import transaction
from marketplace.core.roles import Role
from marketplace.stalls import queries
from tests.factories.stalls import MarketFactory
from tests.signing_in import csrf_token, post_form, signed_in
from tests.stalls.naming import NEW, bare_stall, in_force, name, person, refuse

TYPED = {"bank_bin": "999999", "bank_account": NEW, "bank_holder": "Nguyễn Thị Ba"}


def test_the_trader_names_an_account_and_the_manager_verifies_it(app: Flask) -> None:
    with app.app_context():
        stall_id = bare_stall(name="Rau củ cô Ba")
        market = queries.get_stall(stall_id).market
        slug, market_id = market.slug, market.id
    vendor = signed_in(app, Role.VENDOR, subject_id=stall_id)
    till, page = f"/till/{stall_id}", f"/till/{stall_id}/account"
    assert post_form(vendor, page, TYPED).location == page
    shown = vendor.get(page).text
    assert "Chờ ban quản lý chợ xác minh" in shown and "chỉ nhận tiền mặt" in shown and NEW in shown
    assert "đang chờ ban quản lý chợ xác minh" in vendor.get(till).text
    assert "mới in được thẻ" in vendor.get(f"{till}/card").text
    refused = post_form(vendor, f"{till}/sales", {"client_id": str(uuid.uuid4()), "amount": "1000", "means": "qr"})
    assert refused.status_code == 409 and "chưa xác minh tài khoản" in refused.text
    manager = signed_in(app, Role.MARKET_MANAGER, subject_id=market_id)
    assert "Tài khoản chờ xác minh" in manager.get(f"/markets/{slug}/manage").text
    with app.app_context():
        waiting = queries.find_waiting_account(stall_id)
        assert waiting is not None
        door = f"/markets/{slug}/accounts/{waiting.id}"
    listed = manager.get(f"/markets/{slug}/accounts").text
    assert "•••• 0222" in listed and NEW not in listed
    wrong = post_form(manager, f"{door}/verify", {"account_number": "0922000223"})
    assert wrong.status_code == 422 and "không trùng với số đã nhập" in wrong.text and "0922000223" in wrong.text
    assert post_form(manager, f"{door}/refuse", {"reason": ""}).status_code == 422
    assert post_form(manager, f"{door}/verify", {"account_number": NEW}).status_code == 303
    assert "Không có tài khoản sạp nào chờ xác minh" in manager.get(f"/markets/{slug}/accounts").text
    assert "Tài khoản đã xác minh" in vendor.get(page).text
    assert NEW in vendor.get(f"{till}/card").text


def test_the_trader_reads_why_an_account_was_refused(app: Flask) -> None:
    with app.app_context():
        stall_id, manager = bare_stall(), person()
        refuse(name(stall_id, person()), manager)
    vendor = signed_in(app, Role.VENDOR, subject_id=stall_id)
    assert "không chấp nhận tài khoản ngân hàng này" in vendor.get(f"/till/{stall_id}").text
    assert "Tên khác với căn cước" in vendor.get(f"/till/{stall_id}/account").text


def test_a_manager_who_typed_the_account_is_told_who_has_to_verify_it(app: Flask) -> None:
    with app.app_context(), transaction():
        market = MarketFactory()
        slug, market_id = market.slug, market.id
    manager = signed_in(app, Role.MARKET_MANAGER, subject_id=market_id)
    stall = {"number": "A1", "name": "Rau cô Ba", "goods": "Rau", "is_active": "y"}
    assert post_form(manager, f"/markets/{slug}/stalls/new", {**stall, **TYPED}).status_code == 303
    page = manager.get(f"/markets/{slug}/accounts").text
    assert "do chính bạn nhập" in page and "/verify" not in page
    with app.app_context():
        (account,) = queries.list_waiting_accounts(market_id)
        door = f"/markets/{slug}/accounts/{account.id}/verify"
    assert post_form(manager, door, {"account_number": NEW}).status_code == 403
    assert post_form(signed_in(app, Role.OPERATOR), door, {"account_number": NEW}).status_code == 303


def _as_manager(app: Flask, market_id: int) -> Callable[[str, dict[str, str]], tuple[int, str]]:
    manager = signed_in(app, Role.MARKET_MANAGER, subject_id=market_id)

    def answer(address: str, form: dict[str, str]) -> tuple[int, str]:
        said = post_form(manager, address, form)
        return said.status_code, re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1", said.text.replace(address, ""))

    return answer


def test_another_markets_manager_gets_the_answer_of_an_unknown_account(app: Flask) -> None:
    with app.app_context():
        stall_id = bare_stall()
        account = name(stall_id, person())
        account_id, slug = account.id, queries.get_stall(stall_id).market.slug
        with transaction():
            other = MarketFactory()
            other_slug, other_id = other.slug, other.id
    answer = _as_manager(app, other_id)
    for verb, form in (("verify", {"account_number": NEW}), ("refuse", {"reason": "Không quen"})):
        known = answer(f"/markets/{other_slug}/accounts/{account_id}/{verb}", form)
        assert known == answer(f"/markets/{other_slug}/accounts/999999/{verb}", form)
        assert known[0] == 404 and "Chúng tôi không biết tài khoản này" in known[1]
        hers = answer(f"/markets/{slug}/accounts/{account_id}/{verb}", form)
        assert hers == answer(f"/markets/khong-co/accounts/{account_id}/{verb}", form)
        assert hers[0] == 404
    with app.app_context():
        assert in_force(stall_id) is None


def test_without_the_guard_another_markets_manager_would_decide(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: when an account of any market passes for one's own, the decision goes through."""
    with app.app_context():
        stall_id = bare_stall()
        account_id = name(stall_id, person()).id
        slug = queries.get_stall(stall_id).market.slug
        with transaction():
            other_id = MarketFactory().id
    monkeypatch.setattr("marketplace.stalls.views.accounts.managed_market", queries.get_market)
    said = _as_manager(app, other_id)(f"/markets/{slug}/accounts/{account_id}/verify", {"account_number": NEW})
    assert said[0] == 303
    with app.app_context():
        assert in_force(stall_id) == NEW


def test_the_api_shows_the_account_in_force_and_the_one_that_waits(app: Flask) -> None:
    with app.app_context():
        stall_id = bare_stall()
        name(stall_id, person())
    vendor = signed_in(app, Role.VENDOR, subject_id=stall_id)
    (stall,) = vendor.get("/api/v1/stalls").get_json()["items"]
    assert (stall["takes_qr"], stall["bank_account"]) == (False, None)
    assert (stall["newest_account"]["state"], stall["newest_account"]["bank_account"]) == ("waiting", NEW)
    for path, sent in (
        ("sales", {"client_id": str(uuid.uuid4()), "stall_id": stall_id, "amount": 1_000, "means": "qr"}),
        ("sales/codes", {"stall_id": stall_id, "device_id": str(uuid.uuid4())}),
    ):
        refused = _send(vendor, path, sent)
        assert (refused.status_code, refused.get_json()["code"]) == (409, "stall_account_waiting")
    made = {"client_id": str(uuid.uuid4()), "stall_id": stall_id, "amount": 1_000, "means": "cash"}
    assert _send(vendor, "sales", made).status_code == 201


def _send(vendor: FlaskClient, path: str, sent: dict[str, object]) -> Any:
    return vendor.post(f"/api/v1/{path}", json=sent, headers={"X-CSRFToken": csrf_token(vendor)})
