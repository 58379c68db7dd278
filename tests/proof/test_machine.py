"""Random programs over the shop keep every promise."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from marketplace.checkout import services
from tests.proof import staging
from tests.proof.machine import ShopMachine
from tests.proof.staging import Stage

#: ``python -m tests.proof programs`` asks for so many, other ones each time; the test run takes the same few.
PROGRAMS = int(os.environ.get("PROOF_PROGRAMS", "0"))
FEW = 8
STEPS = 50


@pytest.fixture
def stage(context: Flask, _migrated: tuple[Flask, Path], tmp_path: Path) -> Iterator[Stage]:
    with staging.stage(context, _migrated, tmp_path) as made:
        ShopMachine.set_the_stage = made.set_up
        yield made


def _run(programs: int, *, phases: tuple[Phase, ...] = tuple(Phase)) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        ShopMachine,
        settings=settings(
            max_examples=programs,
            derandomize=not PROGRAMS,
            phases=phases,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(0)
def test_random_programs_keep_every_promise(stage: Stage) -> None:
    _run(PROGRAMS or FEW)


@pytest.mark.timeout(0)
def test_programs_find_refunds_that_producers_do_not_pay(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "take_back_shares", lambda _refund, _occurred_at: None)
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        _run(4 * FEW, phases=(Phase.generate,))  # found is enough: nobody reads a shorter one
