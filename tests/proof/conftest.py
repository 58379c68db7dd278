"""The stage that random programs stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.proof import staging
from tests.proof.machine import ShopMachine
from tests.proof.staging import Prepared, Stage
from tests.proof.world import build_with_past


@pytest.fixture(scope="session")
def shop_with_a_past(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The shop at the beginning of every program, once it was built."""
    return Prepared(build_with_past, tmp_path_factory.mktemp("programs") / "prepared.db")


@pytest.fixture
def stage(context: Flask, _migrated: tuple[Flask, Path], tmp_path: Path, shop_with_a_past: Prepared) -> Iterator[Stage]:
    """A small shop with a past, which ``ShopMachine`` finds fresh at the beginning of each program."""
    with staging.stage(context, _migrated, tmp_path, shop_with_a_past) as made:
        ShopMachine.set_the_stage = made.set_up
        ShopMachine.done.clear()
        yield made
