"""No text that anybody typed or sent holds a card number (I31, PCI SAQ A): the database looks for digits, we for cards.

Every text column of every table is read, new ones too, but those below: what we made ourselves (names, keys and
hashes hold long runs of digits by chance), numbers of bank accounts and tax codes.
"""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Enum, String, Table

from marketplace.core.cardnumbers import holds_card_number
from marketplace.core.db import db
from marketplace.ledger.audit_checks import Check

_MADE_BY_US = frozenset(
    {
        *(
            "action",
            "code",
            "from_state",
            "hash",
            "held_account",
            "key",
            "kind",
            "locale",
            "number",
            "object_type",
            "prefix",
        ),
        *("ref_type", "rule_set", "scopes", "secret", "sha256", "slug", "to_state", "token", "topic", "totp_secret"),
        *("trace_code", "transfer_code", "type"),
    }
)
_ENDINGS_OF_OURS = ("_hash", "_key", "_id", "_fold", "_search", "_token")
_BANKING = ("account", "account_number", "bank_reference", "receipt_number", "reference", "iban")
#: A branch of a taxpayer has ten digits and three: some look like the shortest cards.
_OFFICIAL = frozenset({"tax_code"})
#: Keys inside stored documents (events, notices, payloads) that name things and accounts, and hold no free text.
_NAMES_IN_DOCUMENTS = frozenset({"id", "key", "client_secret", *_BANKING})
_SHORTEST = 13
#: Asked first, because it is cheap: most texts are shorter than a card number.
_LONG = f"LENGTH({{column}}) >= {_SHORTEST} AND "
_BETWEEN = "\x1f"


def check() -> Check:
    """The promise over all tables that are known now: to be made when every room is loaded."""
    tables = [(table, columns) for table in db.metadata.sorted_tables if (columns := _free_texts(table))]
    found = [_in_table(table, columns) for table, columns in tables]
    return Check(
        "I31",
        "no text holds a card number",
        _union(found, "{column} ~ '[0-9]([ -]?[0-9]){{12}}'"),
        sqlite=_union(found, _GLOB),
        is_offender=_is_card,
        hidden=("content",),
    )


#: SQLite's patterns know no repetition: thirteen characters, digits but where 4-4-4-4 and 4-6-5 may have a gap.
_GAP, _DIGIT = "[- 0-9]", "[0-9]"
_GLOB = f"{{column}} GLOB '*{_DIGIT * 4}{_GAP}{_DIGIT * 4}{_GAP}{_DIGIT}{_GAP}{_DIGIT}*'"


def _free_texts(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if _is_free_text(column)]


def _is_free_text(column: Column[Any]) -> bool:
    kind, name = column.type, column.name
    if not isinstance(kind, String) or isinstance(kind, Enum) or (kind.length or _SHORTEST) < _SHORTEST:
        return False
    return name not in _MADE_BY_US | _OFFICIAL and not name.endswith(_ENDINGS_OF_OURS) and not name.endswith(_BANKING)


def _in_table(table: Table, columns: list[Column[Any]]) -> tuple[str, list[str]]:
    names = [f'"{column.name}"' for column in columns]
    content = f" || '{_BETWEEN}' || ".join(f"COALESCE({name}, '')" for name in names)
    row_id = next(iter(table.primary_key)).name
    return f"SELECT '{table.name}' AS table_name, {row_id} AS row_id, {content} AS content FROM {table.name}", names


def _union(found: list[tuple[str, list[str]]], condition: str) -> str:
    asked = _LONG + condition
    return " UNION ALL ".join(
        f"{select} WHERE " + " OR ".join(asked.format(column=name) for name in names) for select, names in found
    ).replace(":", "\\:")


def _is_card(row: dict[str, Any]) -> bool:
    """Whether a row with long runs of digits holds a card number; of a document, in its texts."""
    return any(holds_card_number(text) for content in row["content"].split(_BETWEEN) for text in _texts_in(content))


def _texts_in(content: str) -> Iterator[str]:
    try:
        document = json.loads(content) if content.startswith(("{", "[")) else content
    except ValueError:
        document = content
    return _texts(document)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in _NAMES_IN_DOCUMENTS and not name.endswith(_BANKING):
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str | int):
        yield str(value)
