"""No text that anybody typed or sent holds a card number (I31, PCI SAQ A): the database looks for digits, we for cards.

Every text column of every table is read, new ones too, but those below: what we made ourselves (names, keys and
hashes hold long runs of digits by chance), numbers of bank accounts and tax codes.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Column, Enum, String, Table

from marketplace.core.cardnumbers import SHORTEST, holds_card_number, suspects_on_postgresql, suspects_on_sqlite
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
_BETWEEN = "\x1f"


def check() -> Check:
    """The promise over all tables that are known now: to be made when every room is loaded."""
    tables = [(table, columns) for table in db.metadata.sorted_tables if (columns := _free_texts(table))]
    return Check(
        "I31",
        "no text holds a card number",
        _union(tables, suspects_on_postgresql),
        sqlite=_union(tables, suspects_on_sqlite),
        is_offender=_is_card,
        hidden=("content",),
    )


def _free_texts(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if _is_free_text(column)]


def _is_free_text(column: Column[Any]) -> bool:
    kind, name = column.type, column.name
    if not isinstance(kind, String) or isinstance(kind, Enum) or (kind.length or SHORTEST) < SHORTEST:
        return False
    return name not in _MADE_BY_US | _OFFICIAL and not name.endswith(_ENDINGS_OF_OURS) and not name.endswith(_BANKING)


def _union(tables: list[tuple[Table, list[Column[Any]]]], condition: Callable[..., str]) -> str:
    """The rows of which any text meets ``condition``, with their texts. Those of large tables come out of an index."""
    return " UNION ALL ".join(
        f"{_select(table, columns)} WHERE {condition(*(column.name for column in columns))}"
        for table, columns in tables
    ).replace(":", "\\:")


def _select(table: Table, columns: list[Column[Any]]) -> str:
    content = f" || '{_BETWEEN}' || ".join(f"""COALESCE("{column.name}", '')""" for column in columns)
    row_id = next(iter(table.primary_key)).name
    return f"SELECT '{table.name}' AS table_name, {row_id} AS row_id, {content} AS content FROM {table.name}"


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
