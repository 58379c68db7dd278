"""VietQR: the builder makes the specification's codes byte for byte, the reader is misled by none of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from marketplace.core import vietqr

FACTS = json.loads(Path(__file__).with_name("vietqr_vectors.json").read_text(encoding="utf-8"))
VECTORS = FACTS["vectors"]
BUILT = [
    v for v in VECTORS
    if (made := v.get("builds_from")) and made["service"] == vietqr.TO_ACCOUNT and not made["bill_number"]
]  # fmt: skip
UPPER = [v for v in BUILT if (v["builds_from"]["purpose"] or "A").isupper()]


def name(vector: dict[str, Any]) -> str:
    return str(vector["id"])


def said(code: vietqr.VietQr) -> dict[str, Any]:
    """The reader's answer in the shape of the vectors' ``meaning``."""
    whole: dict[str, Any] = {
        "initiation": code.initiation,
        "amount_vnd": code.amount,
        "mcc": code.merchant_category,
        "merchant_name": code.merchant_name,
        "merchant_city": code.merchant_city,
        "additional": dict(code.additional),
        "unreserved": dict(code.unreserved),
        "crc": code.crc,
    }
    for tag, scheme in code.schemes.items():
        whole[f"account_{tag}"] = {"guid" if key == "00" else key: value for key, value in scheme.items()}
    meaning = {key: value for key, value in whole.items() if value}
    if code.account:
        meaning["account_38"] = {
            "guid": vietqr.NAPAS_GUID,
            "bank_bin": code.account.bank_bin,
            "account": code.account.account,
            "service": code.account.service,
        }
    return meaning


@pytest.mark.parametrize("vector", VECTORS, ids=name)
def test_every_vector_gets_its_verdict(vector: dict[str, Any]) -> None:
    code = vietqr.read(vector["payload"])
    assert (code.verdict, code.problems) == (vector["verdict"], code.problems)
    assert bool(code.problems) is (vector["verdict"] != "valid")


@pytest.mark.parametrize("vector", [v for v in VECTORS if "meaning" in v], ids=name)
def test_every_readable_vector_means_exactly_what_it_says(vector: dict[str, Any]) -> None:
    meaning = dict(vector["meaning"])
    assert said(vietqr.read(vector["payload"])) == meaning


@pytest.mark.parametrize("vector", UPPER, ids=name)
def test_builder_makes_the_vector_byte_for_byte(vector: dict[str, Any]) -> None:
    made = vector["builds_from"]
    payload = vietqr.build(
        made["bank_bin"], made["account"], amount=made["amount_vnd"], memo=made["purpose"],
        dynamic=made["initiation"] == "dynamic",
    )  # fmt: skip
    assert payload == vector["payload"]


@pytest.mark.parametrize("case", FACTS["bad_inputs"], ids=name)
def test_bad_input_is_never_payable(case: dict[str, Any]) -> None:
    code = vietqr.read(case["payload"])
    if case["expect"] == ["accept"]:
        assert code.is_payable and code.amount == 45_000 and code.memo == "DH20261121A1"
    else:
        assert not code.is_payable and code.problems


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"amount": 0}, "bad_amount"),
        ({"amount": -5}, "bad_amount"),
        ({"amount": 1.5}, "bad_amount"),
        ({"amount": True}, "bad_amount"),
        ({"amount": 500_000_000}, "amount_too_large"),
        ({"memo": ""}, "bad_memo"),
        ({"memo": "A" * 26}, "bad_memo"),
        ({"memo": "tra"}, "bad_memo"),
        ({"memo": "TRÀ"}, "bad_memo"),
        ({"memo": " A"}, "bad_memo"),
        ({"memo": "A\n"}, "bad_memo"),
        ({"bank_bin": "97043"}, "bad_bin"),
        ({"bank_bin": "٩٧٠٤٣٦"}, "bad_bin"),
        ({"account": ""}, "bad_account"),
        ({"account": "1" * 20}, "bad_account"),
        ({"account": "12 34"}, "bad_account"),
    ],
)
def test_builder_refuses_what_no_bank_could_pay(parts: dict[str, Any], code: str) -> None:
    given = {"bank_bin": "970436", "account": "0011001234567", **parts}
    with pytest.raises(vietqr.VietQrError) as refused:
        vietqr.build(**given)
    assert refused.value.code == code


@pytest.mark.parametrize("amount", [1, 499_999_999])
def test_amounts_at_the_edges_survive_the_round_trip(amount: int) -> None:
    code = vietqr.read(vietqr.build("999999", "1017595600", amount=amount, memo="OCOP8F3K2"))
    assert (code.verdict, code.amount, code.memo) == ("valid", amount, "OCOP8F3K2")
    assert code.initiation == "dynamic"


def test_code_without_amount_is_static_and_lets_the_payer_type_it() -> None:
    code = vietqr.read(vietqr.build("999999", "1017595600"))
    assert (code.verdict, code.initiation, code.amount, code.memo) == ("valid", "static", None, None)


def _sealed(body: str) -> str:
    return f"{body}6304{vietqr.checksum(body + '6304')}"


NAPAS_38 = "38570010A00000072701270006970436011300110012345670208QRIBFTTA"


@pytest.mark.parametrize(
    ("body", "verdict", "problem"),
    [
        ("000201010212" + NAPAS_38 + "5303704540500.005802VN", "invalid", "bad_amount"),
        ("000201010212" + NAPAS_38 + "5303704540850000.005802VN", "nonconforming", "amount_decimals"),
        ("000201010212" + NAPAS_38 + "53037045409500000000" + "5802VN", "nonconforming", "amount_too_large"),
        ("000201" + NAPAS_38 + "53037045802VN", "nonconforming", "bad_initiation"),
        ("000201010211" + NAPAS_38 + "5303704", "nonconforming", "bad_country"),
        ("00020101021153037045802VN", "nonconforming", "no_account"),
        ("00020101021129250016A000000677010111010115802TH5303764540510.50", "valid_other", "other_scheme"),
        ("010212000201" + NAPAS_38 + "53037045802VN", "nonconforming", "format_not_first"),
        ("000201010211" + NAPAS_38 + "53037045802VN6208080411116299", "invalid", "cut_short"),
        ("000201010211" + NAPAS_38 + "53037045802VN62160804ABCD0804EFGH", "invalid", "duplicate"),
        ("000201010211" + NAPAS_38 + "53037045802VN62080804Tr\u00e0 ", "nonconforming", "bad_character"),
        # a byte count where characters are the unit: the next object is swallowed
        ("000201010211" + NAPAS_38 + "53037045802VN62090805Tr\u00e0 ", "invalid", "byte_lengths"),
    ],
)  # fmt: skip
def test_unseen_codes_are_judged_by_the_same_rules(body: str, verdict: str, problem: str) -> None:
    code = vietqr.read(_sealed(body))
    assert (code.verdict, problem in [p.code for p in code.problems]) == (verdict, True), code.problems


def test_every_single_changed_character_is_noticed() -> None:
    """The checksum's promise, and the control that it is looked at: no changed code stays payable."""
    payload = vietqr.build("999999", "1017595600", amount=45_000, memo="OCOP8F3K2")
    changed = [payload[:at] + ("0" if payload[at] != "0" else "1") + payload[at + 1 :] for at in range(len(payload))]
    assert vietqr.read(payload).is_payable
    assert not any(vietqr.read(code).is_payable for code in changed)


@pytest.mark.parametrize("text", ["", " ", "6304", "\ud800" + "6304ABCD", "0" * 100_000, "63041D0F"])
def test_no_text_makes_the_reader_raise(text: str) -> None:
    assert vietqr.read(text).verdict == "invalid"


def _o(tag: str, value: str) -> str:
    return f"{tag}{len(value):02d}{value}"


HEAD, PRICE = "000201010212", "53037045405500005802VN"


@pytest.mark.parametrize(
    ("more", "verdict", "problem"),
    [
        (_o("55", "01"), "valid", None),
        (_o("55", "02") + _o("56", "5000"), "valid", None),
        (_o("55", "03") + _o("57", "05.50"), "valid", None),
        (_o("55", "02"), "nonconforming", ("bad_fee", "56")),
        (_o("55", "03"), "nonconforming", ("bad_fee", "57")),
        (_o("56", "500"), "nonconforming", ("bad_fee", "56")),
        (_o("57", "5"), "nonconforming", ("bad_fee", "57")),
        (_o("55", "04"), "nonconforming", ("bad_fee", "55")),
        (_o("55", "02") + _o("56", "0"), "nonconforming", ("bad_fee", "56")),
        (_o("55", "03") + _o("57", "00.00"), "nonconforming", ("bad_fee", "57")),
        (_o("55", "03") + _o("57", "100.0"), "nonconforming", ("bad_fee", "57")),
        (_o("64", _o("00", "VI") + _o("01", "Chè Bản Liền")), "valid", None),
        (_o("64", _o("01", "Che")), "nonconforming", ("no_language", "64.00")),
        (_o("64", _o("00", "VI")), "nonconforming", ("no_language", "64.01")),
        (_o("62", _o("09", "AME")), "valid", None),
        (_o("62", _o("09", "AA")), "nonconforming", ("bad_data_request", "62.09")),
        (_o("62", _o("08", "OC7") + _o("11", "x") + _o("50", _o("00", "A0"))), "valid", None),
        (_o("52", "541"), "nonconforming", ("not_numeric", "52")),
        (_o("26", _o("00", "vn.airpay.www")), "valid", None),
        (_o("26", _o("00", "A000000727")), "nonconforming", ("two_receivers", "26")),
        (_o("59", "Chè"), "nonconforming", ("bad_character", "59")),
        ("5913Chè Shan" + _o("60", "LAO CAI"), "invalid", ("bad_object", "59")),
        ("5909Chè Shan" + _o("60", "LAO CAI"), "invalid", ("byte_lengths", "59")),
        ("62120899OC7K2M9Q", "invalid", ("cut_short", "62.08")),
        ("62130805OC7K2M9QX", "invalid", ("bad_object", "62.08")),
    ],
)
def test_what_stands_beside_the_receiver_is_judged_too(
    more: str, verdict: str, problem: tuple[str, str] | None
) -> None:
    code = vietqr.read(_sealed(HEAD + NAPAS_38 + PRICE + more))
    assert (code.verdict, code.problems) == (verdict, (problem,) if problem else ())


def test_a_fee_on_top_is_told() -> None:
    code = vietqr.read(_sealed(HEAD + NAPAS_38 + PRICE + _o("55", "02") + _o("56", "5000")))
    assert (code.amount, code.fees) == (50_000, {"55": "02", "56": "5000"})


def test_the_name_of_napas_in_small_letters_is_no_other_scheme() -> None:
    code = vietqr.read(_sealed(HEAD + NAPAS_38.replace("A0000", "a0000") + PRICE))
    assert (code.verdict, code.problems) == ("nonconforming", (("bad_guid", "a000000727"),))
    assert code.account is not None and code.account.account == "0011001234567"


def test_objects_come_in_any_order() -> None:
    template = _o(
        "38", _o("02", "QRIBFTTA") + _o("01", _o("01", "0011001234567") + _o("00", "970436")) + _o("00", "A000000727")
    )
    code = vietqr.read(_sealed("000201" + "5802VN" + "540550000" + "5303704" + template + "010212"))
    assert (code.verdict, code.amount) == ("valid", 50_000)
    assert code.account == vietqr.Account("970436", "0011001234567", "QRIBFTTA")
