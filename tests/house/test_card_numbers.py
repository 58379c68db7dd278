"""No door keeps a card number that somebody typed (S72): the fields of every schema of every form and route."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from marshmallow import Schema, ValidationError, fields, validate

from marketplace.core.db import db
from marketplace.core.fields import CleanText, Reference
from marketplace.settlement.checks import cards
from marketplace.web.forms import SchemaForm

CARD = "4242 4242 4242 4242"
#: Where long numbers are asked for; the audit leaves the same columns out (I31).
NUMBERS = {
    *("account_number", "bank_account", "read_account", "payload", "tax_code"),
    *("code", "idempotency_key", "key", "quote", "receipt_number", "reference"),
}
#: What banks send is masked, not refused.
BANKS = ("marketplace.payments.bank", "marketplace.payments.movements")
#: Addresses of our own pages and a month: read by a rule of their own.
RULED = {("CodeIn", "next"), ("SignInIn", "next"), ("MonthQuery", "month")}
#: Too short for any card number.
SHORTEST = 13


def descendants(parent: type[Any]) -> Iterator[type[Any]]:
    for child in parent.__subclasses__():
        yield child
        yield from descendants(child)


def taking_schemas() -> list[type[Schema]]:
    """Every schema of ours that reads what others send; those that only answer end in ``Out``."""
    known = {schema for schema in descendants(Schema) if schema.__module__.startswith("marketplace.")}
    ours = {schema for schema in known if not schema.__module__.startswith(("marketplace.sandbox", *BANKS))}
    return sorted((schema for schema in ours if not answers(schema)), key=lambda known: known.__name__)


def answers(schema: type[Schema]) -> bool:
    """Whether a schema, or all that are made of it, only answer."""
    made_of_it = [child for child in schema.__subclasses__() if child.__module__.startswith("marketplace.")]
    return schema.__name__.endswith("Out") or (bool(made_of_it) and all(map(answers, made_of_it)))


def free_texts() -> Iterator[tuple[str, str, CleanText]]:
    for schema in taking_schemas():
        for name, field in schema().fields.items():
            if isinstance(field, CleanText) and field.longest >= SHORTEST:
                yield schema.__name__, name, field


def takes(field: fields.Field[Any]) -> bool:
    """Whether a text with a card number gets through; refusals for other reasons do not count as safe."""
    try:
        field.deserialize(f"Thẻ {CARD} nhé"[: getattr(field, "longest", 200)])
    except ValidationError as error:
        return "text_holds_card_number" not in error.messages
    return True


def test_every_free_text_of_every_form_and_route_refuses_a_card_number(app: Flask) -> None:
    typed = [(schema, name, field) for schema, name, field in free_texts() if not isinstance(field, Reference)]
    assert len(typed) > 40
    long_enough = [(schema, name, field) for schema, name, field in typed if field.longest > len(CARD) + 4]
    assert [(schema, name) for schema, name, field in long_enough if takes(field)] == []


def test_long_numbers_are_taken_only_where_they_are_asked_for(app: Flask) -> None:
    named = {name for _schema, name, field in free_texts() if isinstance(field, Reference)}
    assert named == NUMBERS


def test_no_schema_takes_text_past_the_one_field_for_it(app: Flask) -> None:
    """Plain strings are read only where a list or a pattern says what they may be."""
    plain = {
        (schema.__name__, name)
        for schema in taking_schemas()
        for name, field in schema().fields.items()
        if type(field) is fields.String
        and not field.dump_only
        and not any(isinstance(check, validate.OneOf | validate.Regexp) for check in field.validators)
    }
    assert plain == RULED


def test_a_form_reads_by_a_schema_that_takes(app: Flask) -> None:
    schemas = [(form, getattr(form, "schema_class", Schema)) for form in descendants(SchemaForm)]  # mixins have none
    assert [form for form, schema in schemas if schema.__name__.endswith("Out")] == []


def test_the_control_takes_the_number_when_the_guard_is_off(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CleanText, "refuses_card_numbers", False)
    typed = [field for _schema, _name, field in free_texts() if not isinstance(field, Reference)]
    assert any(takes(field) for field in typed)


def test_the_audit_reads_no_column_for_long_numbers(app: Flask) -> None:
    """But for payloads: those of our own messages hold what people wrote."""
    named = NUMBERS - {"payload"}
    columns = [column for table in db.metadata.sorted_tables for column in table.columns if column.name in named]
    assert {column.name for column in columns} >= {"account_number", "key", "receipt_number", "tax_code"}
    assert [str(column) for column in columns if cards._is_free_text(column)] == []
