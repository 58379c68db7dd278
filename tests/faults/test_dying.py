"""F01-F07: a process is killed between any two commits or calls; done again, the shop is as if nothing had been."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.ledger import audit_checks
from marketplace.payments import settings
from tests import conftest
from tests.faults.dying import DidNotDie, die_at, points_of
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.proof.outside import Outside
from tests.proof.world import NOON, World, build


class Stage:
    """The same prepared shop again and again, in a few milliseconds."""

    def __init__(self, shop: Flask, migrated: tuple[Flask, Path], folder: Path) -> None:
        self._shop, self._migrated, self._folder = shop, migrated, folder
        self._outside: Outside | None = None
        self._number = 0

    def set_up(self) -> World:
        """An empty database with the small shop in it, a new sandbox, and the clock at noon."""
        self.clear()
        self._number += 1
        clock.use(lambda: NOON)
        conftest.empty_database(self._migrated)
        self._outside = Outside(self._folder / f"sandbox-{self._number}.db")
        return build(self._shop, self._outside)

    def clear(self) -> None:
        """Let go of what was set up."""
        if self._outside is not None:
            self._outside.close()
        db.session.remove()


@pytest.fixture
def stage(context: Flask, _migrated: tuple[Flask, Path], tmp_path: Path) -> Iterator[Stage]:
    before, source = settings.current(), clock._source
    made = Stage(context, _migrated, tmp_path)
    yield made
    made.clear()
    clock.use(source)
    settings.configure(before)
    shutil.rmtree(tmp_path, ignore_errors=True)


def _prepared(stage: Stage, scenario: Scenario) -> tuple[World, object]:
    world = stage.set_up()
    facts = scenario.prepare(world)
    db.session.rollback()
    world.outside.close()
    return world, facts


def _check(scenario: Scenario, world: World, facts: object, where: str) -> None:
    world.settle_down()
    assert [(found.check.name, found.rows) for found in audit_checks.run()] == [], where
    db.session.rollback()
    scenario.truth(world, facts)
    db.session.rollback()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_whoever_dies_anywhere_is_made_good(stage: Stage, scenario: Scenario) -> None:
    world, facts = _prepared(stage, scenario)
    points = points_of(lambda: scenario.act(world, facts))
    assert points
    for point in points:
        world, facts = _prepared(stage, scenario)
        die_at(point, lambda world=world, facts=facts: scenario.act(world, facts))  # type: ignore[misc]
        scenario.act(world, facts)
        _check(scenario, world, facts, f"{scenario.name}, killed at {point}")


def test_a_point_that_is_never_passed_is_noticed(stage: Stage) -> None:
    with pytest.raises(DidNotDie, match="never passed"):
        die_at(("commit.before", 99), lambda: None)
    with pytest.raises(DidNotDie, match="ZeroDivisionError"):
        die_at(("commit.before", 1), lambda: 1 // 0)
