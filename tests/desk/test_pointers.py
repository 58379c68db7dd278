"""Pointers of the desk: work that waits on a page of its own is counted, and the page opens."""

import pytest
from flask import Flask, url_for

from marketplace.core.db import transaction
from marketplace.core.roles import Role
from marketplace.desk.pointers import POINTERS, Pointer
from marketplace.producers import services as producers
from marketplace.producers.account_steps import BankAccount
from tests.factories.accounts import UserFactory
from tests.factories.shelf import make_producer
from tests.signing_in import signed_in

TITLE = "Tài khoản nhận tiền cần xác minh"


@pytest.mark.parametrize("pointer", POINTERS, ids=lambda pointer: f"{pointer.role}-{pointer.endpoint}")
def test_every_pointer_leads_to_a_page_of_its_role(app: Flask, pointer: Pointer) -> None:
    with app.test_request_context():
        address = url_for(pointer.endpoint)
    client = signed_in(app, pointer.role)
    assert client.get(address).status_code == 200
    assert f'<a href="{address}"><span class="desk-count">' not in client.get("/desk").text


def test_what_waits_is_counted_for_its_role_alone(app: Flask) -> None:
    with app.app_context(), transaction():
        producer = make_producer()
        member = UserFactory()
        bank = BankAccount(bin="999999", number="1234567890", holder="HTX THOAI SON")
        producers.change_payout_account(producer, bank, actor_id=member.id, our_bin="999999")
    assert f'<span class="desk-count">1</span> {TITLE}' in signed_in(app, Role.OPERATOR).get("/desk").text
    assert TITLE not in signed_in(app, Role.PRODUCER).get("/desk").text
