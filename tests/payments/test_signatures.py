"""A webhook is believed only when it is signed over its raw bytes, by a secret of ours, just now."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.payments.signatures import BadSignature, check_bank, check_stripe

#: The vector of the official SDK (payments research 2.5).
SECRET, SIGNED_AT = "whsec_test_secret", datetime.fromtimestamp(1_700_000_000, UTC)
BODY = b'{"id":"evt_test_1","object":"event","type":"payment_intent.succeeded"}'
DIGEST = "871acfe933554b446cc41d791076dd56a10c0553cc61aafbeb881d0082b45043"
HEADER = f"t=1700000000,v1={DIGEST}"


def _check(header: str = HEADER, body: bytes = BODY, *, after: int = 0, secrets: tuple[str, ...] = (SECRET,)) -> None:
    check_stripe(header, body, secrets=secrets, now=SIGNED_AT + timedelta(seconds=after))


@pytest.mark.parametrize("after", [-300, 0, 300])
def test_the_official_vector_is_believed_for_five_minutes(after: int) -> None:
    _check(after=after)


@pytest.mark.parametrize("after", [-301, 301])
def test_an_old_and_a_future_message_are_refused(after: int) -> None:
    with pytest.raises(BadSignature, match="not fresh"):
        _check(after=after)


def test_both_secrets_count_while_one_replaces_the_other() -> None:
    _check(secrets=("whsec_new", SECRET))
    with pytest.raises(BadSignature, match="wrong signature"):
        _check(secrets=("whsec_new",))


@pytest.mark.parametrize(
    "header",
    [
        "",
        f"t=abc,v1={DIGEST}",
        f"v1={DIGEST}",
        "t=1700000000",
        f"t=1700000000,v0={DIGEST}",
        f"t=1700000000,t=1700000000,v1={DIGEST}",
        f"t=1700000000,v1={DIGEST.upper()}",
        "t=1700000000," + ",".join([f"v1={DIGEST}"] * 100),
        f"t=\u0661700000000,v1={DIGEST}",
    ],
)
def test_a_malformed_header_is_refused(header: str) -> None:
    with pytest.raises(BadSignature, match="malformed"):
        _check(header)


def test_other_schemes_are_passed_over_and_one_right_signature_is_enough() -> None:
    _check(f"t=1700000000,v0=x,v1={'0' * 64},v1={DIGEST}")


def test_the_raw_bytes_count() -> None:
    with pytest.raises(BadSignature, match="wrong signature"):
        _check(body=BODY.replace(b":", b": "))


def test_the_banks_header_is_checked_alike() -> None:
    check_bank("1700000000", f"sha256={DIGEST}", BODY, secrets=(SECRET,), now=SIGNED_AT)
    with pytest.raises(BadSignature, match="malformed"):
        check_bank("1700000000", DIGEST, BODY, secrets=(SECRET,), now=SIGNED_AT)
