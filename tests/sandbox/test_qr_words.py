"""A code that the bank refuses is explained: which object, and what is wrong with it, in the reader's language."""

import re
from pathlib import Path

import pytest
import requests

from marketplace.core import vietqr
from marketplace.core.vietqr import Problem
from marketplace.sandbox.qr_words import explained, plain
from tests.sandbox.server import Sandbox

READER = Path(vietqr.__file__).parent
WHOLE = vietqr.build("999999", "1017595600", amount=50_000, memo="OC7K2M9QX")


def sealed(body: str) -> str:
    return f"{body}6304{vietqr.checksum(body + '6304')}"


def test_every_finding_of_the_reader_has_words() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in READER.glob("*.py"))
    codes = set(re.findall(r"(?:Problem|Damaged)\(\s*\"([a-z_]+)\"", source))
    assert len(codes) > 25
    for code in codes:
        assert len(explained([Problem(code, "54")], plain)) > 10


@pytest.mark.parametrize(
    ("payload", "english", "vietnamese"),
    [
        ("https://shop.example", "does not end with a checksum (object 63)", "không có mã kiểm tra (trường 63)"),
        (WHOLE[:-4] + "0000", "The checksum (object 63) does not fit", "Mã kiểm tra (trường 63) không khớp"),
        (sealed(WHOLE[:-8].replace("540550000", "54040.50")), "The amount (object 54) is 0.50",
         "Số tiền (trường 54) là 0.50"),
        (sealed(WHOLE[:-8] + "5909Chè Shan"), "The length of The receiver's name (object 59) counts bytes",
         "Độ dài của Tên người nhận (trường 59) đếm theo byte"),
        (sealed(WHOLE[:-8] + "550202"), "The tip or fee (object 56)", "(trường 56) không theo quy tắc"),
    ],
)  # fmt: skip
def test_a_refused_code_is_explained(sandbox: Sandbox, payload: str, english: str, vietnamese: str) -> None:
    told = sandbox.bank("POST", "/transfers", {"qr": payload})
    assert told.status_code == 400 and english in told.json()["error"]["message"]
    page = requests.get(f"{sandbox.base_url}/bank/app", {"qr": payload}, headers={"Accept-Language": "vi"}, timeout=10)
    assert page.status_code == 422 and vietnamese in page.text and english not in page.text


def test_a_code_with_a_fee_on_top_is_not_paid_short(sandbox: Sandbox) -> None:
    payload = sealed(WHOLE[:-8] + "550202" + "56045000")
    assert vietqr.read(payload).is_payable
    told = sandbox.bank("POST", "/transfers", {"qr": payload})
    assert (told.status_code, told.json()["error"]["code"]) == (400, "qr_with_fee")
    assert "phụ phí" in requests.get(f"{sandbox.base_url}/bank/app", {"qr": payload}, timeout=10).text
