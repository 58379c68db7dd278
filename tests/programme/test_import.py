"""``flask programme import``: facts in, twice the same, bad rows refused by row and column."""

import shutil
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.core.db import db, transaction
from marketplace.programme.errors import ProgrammeFileRefused
from marketplace.programme.models import IndicatorDefinition, Plan, Target
from marketplace.programme.queries import get_plan, targets_of
from marketplace.programme.services import import_programme
from tests.factories.figures import SEEDS, World


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the seeds that a test may spoil."""
    return Path(shutil.copytree(SEEDS, tmp_path / "programme"))


def spoil(folder: Path, file: str, good: str, bad: str) -> None:
    """Replace the first ``good`` by ``bad``."""
    text = (folder / file).read_text(encoding="utf-8")
    assert good in text
    (folder / file).write_text(text.replace(good, bad, 1), encoding="utf-8")


def rows() -> list[int | None]:
    """How many definitions, plans and targets there are."""
    return [db.session.scalar(select(func.count()).select_from(model)) for model in (IndicatorDefinition, Plan, Target)]


def test_the_same_files_twice_change_nothing(world: World, app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["programme", "import"])
    assert result.output.splitlines() == [
        "indicators: 0 new, 0 changed, 22 unchanged, 0 removed",
        "plans: 0 new, 0 changed, 5 unchanged, 0 removed",
        "targets: 0 new, 0 changed, 12 unchanged, 0 removed",
    ]


def test_a_plan_has_targets_only_where_it_speaks(world: World) -> None:
    wanted = {
        "924-qd-ttg": {"L1": 70, "S1": 40},
        "nghe-an-132": {"L1": 70, "L2": 50, "S1": 50},
        "ha-noi-236": {"T1": 100, "L2": 50, "S1": 100},
        "quang-nam-2309": {},
        "thai-nguyen-156": {"M1": 100, "M2": 50, "M3": 100, "M4": 100},
    }
    found = {code: {key: row.value for key, row in targets_of(get_plan(code)).items()} for code in wanted}
    assert found == wanted


@pytest.mark.parametrize(
    ("file", "good", "bad", "told"),
    [
        ("targets.csv", "L1,70", "L1,bảy mươi", "targets.csv, row 2, column value: bad number ('bảy mươi')"),
        ("targets.csv", "L1,70", "L1,NaN", "targets.csv, row 2, column value: bad number ('NaN')"),
        ("targets.csv", "L1,70", "X9,70", "targets.csv, row 2, column indicator: broken reference ('X9')"),
        ("plans.csv", "2022-08-02", "2/8/2022", "plans.csv, row 2, column issued_on: bad date ('2/8/2022')"),
        ("plans.csv", ",2025,", ",25,", "plans.csv, row 2, column targets_until: bad number ('25')"),
        ("plans.csv", "pre-2025,40", "pre-2025,41", "plans.csv, row 3, column unit_code: unknown place ('41')"),
        (
            "indicators.csv",
            "E1,1,10,percent",
            "E1,1,10,share",
            "indicators.csv, row 2, column unit: unknown unit ('share')",
        ),
        ("indicators.csv", "E3,1", "E1,1", "indicators.csv, row 3, column code: double line ('E1')"),
        (
            "indicators.csv",
            "code,version",
            "code,edition",
            "indicators.csv, row 1, column edition: unknown column ('')",
        ),
        (
            "indicators.csv",
            "OCOP products of 3 stars or more listed online",
            "Something else",
            "indicators.csv, row 2, column name_en: published definition edited ('Something else')",
        ),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(
    world: World, folder: Path, file: str, good: str, bad: str, told: str
) -> None:
    spoil(folder, file, good, bad)
    before = rows()
    with pytest.raises(ProgrammeFileRefused) as refused, transaction():
        import_programme(folder)
    assert (str(refused.value), rows()) == (told, before)


def test_a_target_that_left_the_file_leaves_the_plan(world: World, folder: Path) -> None:
    text = (folder / "targets.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "targets.csv").write_text("".join(text[:1] + text[2:]), encoding="utf-8")
    with transaction():
        report = import_programme(folder)
    assert report.targets.removed == 1
    assert set(targets_of(get_plan("924-qd-ttg"))) == {"S1"}
