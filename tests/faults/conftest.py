"""Tells at the end of a run where and how often processes were killed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.proof import staging
from tests.proof.staging import Stage

#: Names of the points at which a process was killed and the shop healed, by flow: "<flow>: before commit 2".
KILLED = pytest.StashKey[dict[str, list[str]]]()
#: Lines for the end of the run.
SAID = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Nobody was killed yet."""
    config.stash[KILLED], config.stash[SAID] = {}, []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What the tests had to say, and how many points were killed at, where any were."""
    for line in config.stash[SAID]:
        terminalreporter.write_line(line)
    killed = config.stash[KILLED]
    if killed:
        count = sum(len(names) for names in killed.values())
        terminalreporter.write_line(f"killed at {count} named fail points of {len(killed)} flows")


@pytest.fixture(scope="session")
def killed(pytestconfig: pytest.Config) -> dict[str, list[str]]:
    """Where the tests of this run have killed."""
    return pytestconfig.stash[KILLED]


@pytest.fixture
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Have a line written at the end of the run."""
    return pytestconfig.stash[SAID].append


@pytest.fixture
def stage(context: Flask, _migrated: tuple[Flask, Path], tmp_path: Path) -> Iterator[Stage]:
    """The small shop and its sandbox, as often as one likes."""
    with staging.stage(context, _migrated, tmp_path) as made:
        yield made
