"""Tells at the end of a run how many fail points processes were killed at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.proof import staging
from tests.proof.staging import Stage

#: Names of the points at which a process was killed and the shop healed, by flow: "<flow>: before commit 2".
KILLED = pytest.StashKey[dict[str, list[str]]]()


def pytest_configure(config: pytest.Config) -> None:
    """Nobody was killed yet."""
    config.stash[KILLED] = {}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One line, where anybody was killed."""
    killed = config.stash[KILLED]
    if killed:
        count = sum(len(names) for names in killed.values())
        terminalreporter.write_line(f"killed at {count} named fail points of {len(killed)} flows")


@pytest.fixture(scope="session")
def killed(pytestconfig: pytest.Config) -> dict[str, list[str]]:
    """Where the tests of this run have killed."""
    return pytestconfig.stash[KILLED]


@pytest.fixture
def stage(context: Flask, _migrated: tuple[Flask, Path], tmp_path: Path) -> Iterator[Stage]:
    """The small shop and its sandbox, as often as one likes."""
    with staging.stage(context, _migrated, tmp_path) as made:
        yield made
