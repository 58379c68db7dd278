"""The table of promises names every promise, and every query of the audit."""

import re
from pathlib import Path

from flask import Flask

from marketplace.ledger import audit_checks

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "invariants.md"


def test_every_promise_has_its_row() -> None:
    rows = re.findall(r"^\| (I[0-9]{2}) \| ", _PAGE.read_text(), re.MULTILINE)
    assert rows == [f"I{number:02}" for number in range(1, 67)]


def test_every_query_of_the_audit_has_a_row(app: Flask) -> None:
    named = set(re.findall(r"^\| ([A-Z][0-9]{2}) \| ", _PAGE.read_text(), re.MULTILINE))
    assert {check.name[:3] for check in audit_checks.checks()} <= named
