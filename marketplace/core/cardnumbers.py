"""Card numbers in text: found by their length, their first digits and their check digit (Luhn), ISO/IEC 7812-1."""

import re

#: Thirteen to nineteen digits in a row, or parted by single spaces or hyphens, not part of a longer number.
_DIGITS = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")
#: First digits and lengths of the networks: Visa, Mastercard, American Express, Diners, JCB, UnionPay and Maestro,
#: and NAPAS, whose domestic cards begin with 9704.
_NETWORKS = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|5[1-5][0-9]{14}|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}"
    r"|3[47][0-9]{13}|3[068][0-9]{12}|35[0-9]{14}|6[0-9]{15,18}|9704(?:[0-9]{12}|[0-9]{15})"
)
#: Ids and hashes in hexadecimal, which hold long runs of digits by chance: at least 16 signs, a letter among them.
_HEXADECIMAL = re.compile(r"\b(?=[0-9]*[a-f])[0-9a-f]{16,}\b")


def holds_card_number(text: str) -> bool:
    """Whether some digits in ``text`` are a card number by network, length and check digit; ids in hexadecimal not."""
    numbers = (re.sub("[ -]", "", found) for found in _DIGITS.findall(_HEXADECIMAL.sub("", text)))
    return any(_NETWORKS.fullmatch(number) and _luhn(number) for number in numbers)


def _luhn(number: str) -> bool:
    doubled = [digit for character in number[-2::-2] for digit in divmod(2 * int(character), 10)]
    return (sum(doubled) + sum(int(character) for character in number[-1::-2])) % 10 == 0
