"""The audit chain: whole, append-only, and a change is found."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.audit.chain import GENESIS
from marketplace.audit.models import AuditEvent
from marketplace.audit.queries import ChainFault, check_chain, head, list_events
from marketplace.audit.services import record
from marketplace.core.db import db, transaction


def _three_acts() -> None:
    for number in (1, 2, 3):
        with transaction():
            record("lot.received", object_type="lot", object_id=number, actor_id=None, quantity=number * 10)


def _disarm(act: str) -> None:
    on_table = " ON audit_event" if db.engine.dialect.name == "postgresql" else ""
    db.session.execute(text(f"DROP TRIGGER audit_event_keeps_{act}{on_table}"))


def _rearm_postgresql(act: str) -> None:
    """The PostgreSQL database outlives the test; SQLite's file is replaced."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(
            text(
                f"CREATE TRIGGER audit_event_keeps_{act} BEFORE {act} ON audit_event "
                "FOR EACH ROW EXECUTE FUNCTION audit_event_refuse()"
            )
        )


def test_each_row_carries_the_hash_of_the_row_before_it(context: Flask) -> None:
    _three_acts()
    first, second, third = db.session.query(AuditEvent).order_by(AuditEvent.id)
    assert [first.id, second.id, third.id] == [1, 2, 3]
    assert (first.previous_hash, second.previous_hash, third.previous_hash) == (GENESIS, first.hash, second.hash)
    assert second.detail == '{"quantity":20}'
    assert check_chain() == []
    assert head() == (3, third.hash)


def test_a_rolled_back_act_leaves_no_row_and_no_gap(context: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        record("lot.received", object_type="lot", object_id=1, actor_id=None)
        raise ZeroDivisionError
    _three_acts()
    assert check_chain() == []
    assert head()[0] == 3


def test_acts_of_one_thing_are_listed_newest_first(context: Flask) -> None:
    _three_acts()
    with transaction():
        record("lot.blocked", object_type="lot", object_id=2, actor_id=None)
    assert [event.action for event in list_events("lot", 2)] == ["lot.blocked", "lot.received"]


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_the_database_refuses_to_change_or_delete_a_row(context: Flask, statement: str) -> None:
    _three_acts()
    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(text(statement))
    assert check_chain() == []


def test_a_changed_row_is_found_once_the_trigger_is_off(context: Flask) -> None:
    _three_acts()
    with transaction():
        _disarm("update")
        db.session.execute(text("UPDATE audit_event SET detail = '{}' WHERE id = 2"))
        _rearm_postgresql("update")
    assert check_chain() == [ChainFault(2, "content")]


def test_a_deleted_row_is_found_once_the_trigger_is_off(context: Flask) -> None:
    _three_acts()
    with transaction():
        _disarm("delete")
        db.session.execute(text("DELETE FROM audit_event WHERE id = 2"))
        _rearm_postgresql("delete")
    assert check_chain() == [ChainFault(3, "gap"), ChainFault(3, "link")]


def test_the_command_names_the_broken_row_and_fails(context: Flask) -> None:
    _three_acts()
    runner = context.test_cli_runner()
    assert runner.invoke(args=["audit", "check"]).exit_code == 0
    with transaction():
        _disarm("update")
        db.session.execute(text("UPDATE audit_event SET action = 'x' WHERE id = 1"))
        _rearm_postgresql("update")
    result = runner.invoke(args=["audit", "check"])
    assert result.exit_code == 1
    assert "audit_event 1: content" in result.output
