"""The table of faults, races and scenarios names tests that are there."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = (_ROOT / "docs" / "faults.md").read_text()
_NAMED = sorted(set(re.findall(r"`(tests/[a-z_/]+\.py)::(test_\w+)`", _PAGE)))


def test_the_page_names_tests_at_all() -> None:
    assert len(_NAMED) > 40


@pytest.mark.parametrize(("file", "name"), _NAMED)
def test_each_named_test_is_there(file: str, name: str) -> None:
    assert re.search(rf"^def {name}\(", (_ROOT / file).read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    "row", ["P01", "P02", "P05", "P09", "P10", "P11", "P12", "P13", "P18", "P19", "S6", "F38", "F48"]
)
def test_each_scenario_has_a_row(row: str) -> None:
    assert re.search(rf"^\| {row} \|.*::test_", _PAGE, re.MULTILINE)
