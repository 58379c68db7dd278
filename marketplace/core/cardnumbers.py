"""Card numbers in text: found by their length, their first digits and their check digit (Luhn), ISO/IEC 7812-1.

What people type is refused with such a number in it (``core.fields.CleanText``); what banks send is masked.
A database can only look for digits: rows that may hold a card number are its suspects, and it keeps them in an index.
"""

import re

from sqlalchemy import Index, text

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


#: Digits of the shortest card number.
SHORTEST = 13
#: SQLite's patterns know no repetition: thirteen characters, digits but where 4-4-4-4 and 4-6-5 may have a gap.
_GAP, _DIGIT = "[- 0-9]", "[0-9]"
_REST = f"{_DIGIT * 3}{_GAP}{_DIGIT * 4}{_GAP}{_DIGIT}{_GAP}{_DIGIT}"
#: Characters from which on a text is searched ten times, for each first digit: a single character is found many times
#: faster than a set of them (the body of an event in a quarter of the time).
_LONG = 200


def suspects_on_sqlite(*columns: str) -> str:
    """The SQL condition for rows of which any of these texts has digits enough for a card number, spaced or not."""
    return " OR ".join(map(_suspect_on_sqlite, columns))


def suspects_on_postgresql(*columns: str) -> str:
    """As ``suspects_on_sqlite``. The length is asked first, because that is cheap and most texts are shorter."""
    return " OR ".join(
        f"LENGTH({_name(column)}) >= {SHORTEST} AND {_name(column)} ~ '[0-9]([ -]?[0-9]){{12}}'" for column in columns
    )


def suspects_index(table: str, *columns: str) -> Index:
    """An index of the suspects alone, for tables that grow with each order: nearly empty, kept by the database itself.

    It only makes the audit (I31) faster, which asks the same condition with or without it. ``columns`` are the free
    texts of the table in its own order.
    """
    return Index(
        f"ix_{table}_suspects",
        "id",
        sqlite_where=text(suspects_on_sqlite(*columns)),
        postgresql_where=text(suspects_on_postgresql(*columns)),
    )


def _suspect_on_sqlite(column: str) -> str:
    name = _name(column)
    each = " OR ".join(f"{name} GLOB '*{digit}{_REST}*'" for digit in range(10))
    short = f"LENGTH({name}) >= {SHORTEST} AND {name} GLOB '*{_DIGIT}{_REST}*'"
    return f"CASE WHEN LENGTH({name}) < {_LONG} THEN {short} ELSE {each} END"


def _name(column: str) -> str:
    return f'"{column}"'


def holds_card_number(text: str) -> bool:
    """Whether some digits in ``text`` are a card number by network, length and check digit; ids in hexadecimal not."""
    return any(_is_card(found) for found in _DIGITS.findall(_HEXADECIMAL.sub("", text)))


def mask_card_numbers(text: str) -> str:
    """``text`` with all but the last four digits of each card number replaced by ``*``; as long as before."""
    return _DIGITS.sub(lambda found: _masked(found[0]) if _is_card(found[0]) else found[0], text)


def _masked(digits: str) -> str:
    return re.sub("[0-9]", "*", digits[:-4]) + digits[-4:]


def _is_card(digits: str) -> bool:
    number = re.sub("[ -]", "", digits)
    return _NETWORKS.fullmatch(number) is not None and _luhn(number)


def _luhn(number: str) -> bool:
    doubled = [digit for character in number[-2::-2] for digit in divmod(2 * int(character), 10)]
    return (sum(doubled) + sum(int(character) for character in number[-1::-2])) % 10 == 0
