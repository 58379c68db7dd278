"""Codes that a phone keeps for sales without network: the transfer finds its sale, whichever comes first (case 26)."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from marketplace.core import clock, vietqr
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.ledger import queries as ledger
from marketplace.payments.models import BankReceipt, Payment, Purpose
from marketplace.payments.services import free_code
from marketplace.payments.transfer_codes import new_code
from marketplace.stalls import services
from marketplace.stalls.models import Means, Sale, SaleCode
from marketplace.stalls.services import StallSales, codes
from tests.factories.stalls import make_stall
from tests.payments.shop import Shop, open_shop
from tests.signing_in import csrf_token, signed_in


@dataclass
class Phone:
    """A trader's phone with its id, beside a running bank."""

    app: Flask
    client: FlaskClient
    stall_id: int
    shop: Shop
    device: str = field(default_factory=lambda: str(uuid.uuid4()))

    def post(self, path: str, **body: Any) -> Any:
        token = {"X-CSRFToken": csrf_token(self.client)}
        return self.client.post(f"/api/v1/sales/{path}", json=body, headers=token)

    def fetch(self, **changes: Any) -> Any:
        return self.post("codes", **{"stall_id": self.stall_id, "device_id": self.device, **changes})

    def stock(self) -> list[dict[str, str]]:
        return list(self.fetch().get_json()["items"])

    def send(self, code: str | None, amount: int = 45_000, **changes: Any) -> dict[str, Any]:
        """Send a sale that was made without network a minute ago; the answer for it."""
        made = {"stall_id": self.stall_id, "client_id": str(uuid.uuid4()), "means": "qr", "amount": amount}
        made |= {"sold_at": (clock.now() - timedelta(seconds=30)).isoformat(), "code": code}
        return dict(self.post("batch", sales=[{**made, **changes}]).get_json()["items"][0])

    def books(self) -> dict[str, int]:
        with self.app.app_context():
            return {row.code: row.balance for row in ledger.trial_balance() if row.balance}

    def learned(self, amount: int) -> dict[str, int]:
        return {f"stall:{self.stall_id}:own_bank": amount, f"stall:{self.stall_id}:sales": -amount}


@pytest.fixture
def phone(app: Flask, tmp_path: Path) -> Iterator[Phone]:
    with app.app_context():
        stall_id = make_stall(bank_account="0911000111")
    with open_shop(app, tmp_path) as shop:
        yield Phone(app, signed_in(app, Role.VENDOR, subject_id=stall_id), stall_id, shop)


def drawn(code: dict[str, str], amount: int = 45_000) -> str:
    """What the phone makes of a code: the rule that the API states."""
    payload = f"{code['before']}54{len(str(amount)):02}{amount}{code['after']}"
    return payload + vietqr.checksum(payload)


def test_the_phone_draws_a_code_that_asks_for_the_amount(phone: Phone) -> None:
    code = phone.stock()[0]
    read = vietqr.read(drawn(code))
    assert read.is_payable
    assert (read.amount, read.memo, read.account and read.account.account) == (45_000, code["code"], "0911000111")


def test_case_26_the_sale_comes_first_and_the_notice_pays_it_by_its_code(phone: Phone) -> None:
    code = phone.stock()[0]
    sale = phone.send(code["code"])["sale"]
    assert (sale["state"], sale["taken_offline"], sale["transfer_code"]) == ("awaiting", True, code["code"])
    assert phone.books() == {}
    phone.shop.sandbox.pay(drawn(code))
    assert phone.shop.deliver() == [200]
    assert phone.books() == phone.learned(45_000)


def test_case_26_the_notice_comes_first_and_the_sale_is_paid_when_the_phone_is_back(phone: Phone) -> None:
    code = phone.stock()[0]
    phone.shop.sandbox.pay(drawn(code))
    assert phone.shop.deliver() == [200]
    assert phone.books() == {}
    made = {"client_id": str(uuid.uuid4()), "sold_at": clock.now().isoformat()}
    first = phone.send(code["code"], **made)
    assert (first["sale"]["state"], first["sale"]["received"]) == ("paid", 45_000)
    assert phone.books() == phone.learned(45_000)
    assert phone.send(code["code"], **made) == first
    with phone.app.app_context():
        assert db.session.scalars(select(BankReceipt.state)).all() == ["applied"]


def test_case_17_a_code_that_a_phone_holds_beside_the_code_of_a_sale_matches_neither(phone: Phone) -> None:
    first, second = phone.stock()[:2]
    sale = phone.send(first["code"])["sale"]
    phone.shop.sandbox.pay(drawn(first), memo=f"{second['code']} {first['code']}")
    assert phone.shop.deliver() == [200]
    with phone.app.app_context():
        assert db.session.scalars(select(BankReceipt.reason)).all() == ["two_codes"]
        assert db.session.get_one(Sale, sale["id"]).state.value == "awaiting"
    phone.shop.sandbox.pay(
        drawn(first), memo=f"{first['code']} {new_code(Purpose.STALL_SALE)}"
    )  # control: given out to nobody
    assert phone.shop.deliver() == [200] and phone.books() == phone.learned(45_000)


def test_a_screen_without_money_never_pays(phone: Phone) -> None:
    code = phone.stock()[0]
    sale = phone.send(code["code"])["sale"]
    said = phone.client.get(f"/till/{phone.stall_id}/sales/{sale['id']}/status").get_json()
    assert (said["face"], said["headline"]) == ("awaiting", "Chờ đối chiếu")


def test_too_little_that_was_quicker_leaves_the_rest_to_be_asked_for(phone: Phone) -> None:
    code = phone.stock()[0]
    phone.shop.sandbox.pay(drawn(code), amount=40_000)
    phone.shop.deliver()
    sale = phone.send(code["code"])["sale"]
    assert (sale["state"], sale["received"], sale["missing"]) == ("awaiting", 40_000, 5_000)
    assert vietqr.read(sale["qr"]).amount == 5_000


def test_a_code_is_of_one_sale(phone: Phone) -> None:
    code = phone.stock()[0]["code"]
    assert phone.send(code)["result"] == "recorded"
    second = phone.send(code, 20_000)
    assert (second["result"], second["code"]) == ("refused", "sale_code_used")
    with phone.app.app_context():
        assert db.session.scalar(select(func.count(Sale.id))) == 1


def test_a_code_is_of_one_stall(phone: Phone) -> None:
    code = phone.stock()[0]["code"]
    with phone.app.app_context():
        neighbour = make_stall(number="99", bank_account="0922000222")
    other = Phone(phone.app, signed_in(phone.app, Role.VENDOR, subject_id=neighbour), neighbour, phone.shop)
    assert other.send(code)["code"] == "sale_code_unknown"
    assert other.send("CH2345678")["code"] == "sale_code_unknown"
    assert other.fetch(stall_id=phone.stall_id).status_code == 404
    assert phone.send(code)["result"] == "recorded"


def test_a_code_runs_out(phone: Phone) -> None:
    first, second = (code["code"] for code in phone.stock()[:2])
    with clock.frozen(clock.now() + codes.GOOD_FOR + timedelta(hours=1)):
        assert phone.send(first)["code"] == "sale_code_expired"
        earlier = (clock.now() - timedelta(hours=2)).isoformat()
        assert phone.send(second, sold_at=earlier)["result"] == "recorded"


def _refuse(phone: Phone, code: dict[str, str], **changes: Any) -> str:
    """The buyer has paid by the code, then the sale is refused: the phone's clock runs ten minutes ahead."""
    phone.shop.sandbox.pay(drawn(code))
    assert phone.shop.deliver() == [200]
    ahead = (clock.now() + timedelta(minutes=10)).isoformat()
    return str(phone.send(code["code"], **{"sold_at": ahead, **changes})["code"])


def test_a_code_whose_sale_was_refused_pays_for_no_other_buyer(phone: Phone) -> None:
    code = phone.stock()[0]
    assert _refuse(phone, code) == "sold_in_the_future"
    assert code["code"] not in {kept["code"] for kept in phone.stock()}
    earlier = (clock.now() - timedelta(hours=2)).isoformat()
    for made in ({}, {"sold_at": earlier}):
        assert phone.send(code["code"], **made)["code"] == "sale_code_expired"
    assert phone.books() == {}
    with phone.app.app_context():
        receipt = db.session.execute(select(BankReceipt.state, BankReceipt.reason)).one()
        assert tuple(receipt) == ("unapplied", "unknown_code")


def test_a_code_is_burnt_as_well_when_another_sale_has_its_id(phone: Phone) -> None:
    used, code = phone.stock()[:2]
    sold = {"client_id": str(uuid.uuid4())}
    phone.send(used["code"], 20_000, **sold)
    assert phone.send(code["code"], **sold)["code"] == "client_id_used"
    assert code["code"] not in {kept["code"] for kept in phone.stock()}


def test_without_the_burning_the_next_sale_is_paid_by_the_buyer_before(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "burn_code", lambda *_which: None)
    code = phone.stock()[0]
    _refuse(phone, code)
    assert code in phone.stock()
    assert phone.send(code["code"])["sale"]["state"] == "paid"


def test_a_refusal_burns_no_neighbours_code(phone: Phone) -> None:
    code = phone.stock()[0]["code"]
    with phone.app.app_context():
        neighbour = make_stall(number="98", bank_account="0922000222")
    other = Phone(phone.app, signed_in(phone.app, Role.VENDOR, subject_id=neighbour), neighbour, phone.shop)
    assert other.send(code)["code"] == "sale_code_unknown"
    assert other.send(code, stall_id=phone.stall_id)["code"] == "stall_unknown"
    assert phone.send(code)["result"] == "recorded"


def test_the_stock_is_bounded_and_each_phone_has_its_own(phone: Phone) -> None:
    first = {code["code"] for code in phone.stock()}
    assert len(first) == codes.STOCK
    assert {code["code"] for code in phone.stock()} == first
    phone.send(min(first))
    again = {code["code"] for code in phone.stock()}
    assert len(again) == codes.STOCK and len(again & first) == codes.STOCK - 1
    others = [phone.fetch(device_id=str(uuid.uuid4())).get_json()["items"] for _ in range(6)]
    assert [len(found) for found in others] == [20, 20, 20, 20, 0, 0]
    assert not first & {code["code"] for found in others for code in found}


def test_codes_of_another_account_are_not_handed_out_again(phone: Phone) -> None:
    first = phone.stock()[0]
    with phone.app.app_context(), transaction():
        db.session.execute(update(SaleCode).values(bank_account="0900000000"))
    later = phone.stock()
    assert first["code"] not in {code["code"] for code in later}
    sale = phone.send(first["code"])["sale"]  # the QR that the buyer saw names the old account: so does the payment
    assert vietqr.read(sale["qr"]).account == vietqr.Account("999999", "0900000000", "QRIBFTTA")


def test_a_reserved_code_is_given_to_no_other_payment(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    code = phone.stock()[0]["code"]
    monkeypatch.setattr("marketplace.payments.transfer_codes.new_code", lambda _purpose: drawing.pop())
    with phone.app.app_context():
        drawing = ["CH2222223", code]
        assert free_code(Purpose.STALL_SALE) == "CH2222223"
        monkeypatch.setattr(StallSales, "hold_reserved", lambda *_codes: False)
        drawing = ["CH2222223", code]
        assert free_code(Purpose.STALL_SALE) == code  # the control: nothing else would have noticed


def test_the_payment_that_a_notice_waited_for_is_found(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look, in slow motion; the lock itself and its control are in test_race_codes.py."""
    code = phone.stock()[0]
    looks: list[int] = []

    def opened_meanwhile(_handler: StallSales, wanted: list[str]) -> bool:
        looks.append(len(wanted))
        phone_sale()
        return True

    def phone_sale() -> None:
        services.take_sale(
            phone.stall_id,
            client_id=str(uuid.uuid4()),
            amount=Dong(45_000),
            means=Means.QR,
            vendor_id=None,
            code=code["code"],
        )

    monkeypatch.setattr(StallSales, "hold_reserved", opened_meanwhile)
    phone.shop.sandbox.pay(drawn(code))
    phone.shop.deliver()
    assert looks == [1]
    with phone.app.app_context():
        assert db.session.scalars(select(Payment.state)).all() == ["settled"]
