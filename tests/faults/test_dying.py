"""F01-F07: a process is killed between any two commits or calls; done again, the shop is as if nothing had been."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from marketplace.core.db import db
from marketplace.ledger import audit_checks
from tests.faults.dying import DidNotDie, die_at, points_of
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.proof import staging
from tests.proof.staging import Stage
from tests.proof.world import World

#: Each scenario is done once per point, in a fresh shop.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def stage(context: Flask, _migrated: tuple[Flask, Path], tmp_path: Path) -> Iterator[Stage]:
    with staging.stage(context, _migrated, tmp_path) as made:
        yield made


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
        die_at(point, partial(scenario.act, world, facts))
        scenario.act(world, facts)
        _check(scenario, world, facts, f"{scenario.name}, killed at {point}")


def test_a_point_that_is_never_passed_is_noticed(stage: Stage) -> None:
    with pytest.raises(DidNotDie, match="never passed"):
        die_at(("commit.before", 99), lambda: None)
    with pytest.raises(DidNotDie, match="ZeroDivisionError"):
        die_at(("commit.before", 1), lambda: 1 // 0)
