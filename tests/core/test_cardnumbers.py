"""Card numbers in text."""

import pytest

from marketplace.core.cardnumbers import holds_card_number, mask_card_numbers


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424242",
        "thẻ 4242 4242 4242 4242 nhé",
        "4000-0000-0000-0002.",
        "378282246310005",
        "3782 822463 10005",
        "5555555555554444",
        "2223003122003222",
        "6200000000000005",
        "3566002020360505",
        "36227206271667",
        "4222222222222",
        "9704000000000018",
    ],
)
def test_a_card_number_is_found(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "a4111111111111111f0c2de1",
        "",
        "4242424242424241",
        "0912 345 678, 0987 654 321",
        "14242424242424242421",
        "MBVCB.3278907687.050263",
        "1000000000000008",
        "42424242",
        "2100000000000005",
        "8938505974194",
    ],
)
def test_other_numbers_are_not(text: str) -> None:
    assert not holds_card_number(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("tra bang the 4242 4242 4242 4242 OCOP7K2M9Q", "tra bang the **** **** **** 4242 OCOP7K2M9Q"),
        ("4242424242424242", "************4242"),
        ("0912 345 678 va 1000000000000008", "0912 345 678 va 1000000000000008"),
    ],
)
def test_what_banks_send_is_masked_and_keeps_the_rest(text: str, masked: str) -> None:
    assert mask_card_numbers(text) == masked
    assert not holds_card_number(masked)
