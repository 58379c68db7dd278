"""Random programs over the shop keep every promise."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.proof import staging
from tests.proof.machine import ShopMachine
from tests.proof.staging import Stage

#: How many programs ``python -m tests.proof programs`` asks for.
PROGRAMS = int(os.environ.get("PROOF_PROGRAMS", "0"))
STEPS = 50


@pytest.fixture
def stage(context: Flask, _migrated: tuple[Flask, Path], tmp_path: Path) -> Iterator[Stage]:
    with staging.stage(context, _migrated, tmp_path) as made:
        ShopMachine.set_the_stage = made.set_up
        yield made


def _run(programs: int) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        ShopMachine,
        settings=settings(
            max_examples=programs,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.skipif(not PROGRAMS, reason="takes minutes: python -m tests.proof programs")
@pytest.mark.timeout(0)
def test_random_programs_keep_every_promise(stage: Stage) -> None:
    _run(PROGRAMS)
