"""The commands of places."""

import shutil
from pathlib import Path

import pytest
from flask import Flask

from tests.factories.places import SMALL_COUNTRY
from tests.places.test_files import spoil


def test_import_counts_and_says_so(app: Flask) -> None:
    first = app.test_cli_runner().invoke(args=["places", "import", "--folder", str(SMALL_COUNTRY)])
    second = app.test_cli_runner().invoke(args=["places", "import", "--folder", str(SMALL_COUNTRY)])

    assert (first.exit_code, first.output.splitlines()[0]) == (0, "units: 32 new, 0 changed, 0 unchanged, 0 removed")
    assert (second.exit_code, second.output.splitlines()[0]) == (0, "units: 0 new, 0 changed, 32 unchanged, 0 removed")


def test_a_bad_file_ends_with_one_clear_sentence(app: Flask, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SMALL_COUNTRY, tmp_path / "places"))
    spoil(folder, "units.csv", "30685,commune", "3068,commune")

    result = app.test_cli_runner().invoke(args=["places", "import", "--folder", str(folder)])

    assert result.exit_code == 1
    assert result.output == "Error: Nothing was written. units.csv, row 14, column code: bad code ('3068')\n"


@pytest.mark.usefixtures("small_country")
def test_show_tells_what_became_of_a_unit(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["places", "show", "30721", "--vintage", "pre-2025"])

    assert result.output.splitlines() == [
        "30721 (pre-2025) Xã Thoại Giang, Huyện Thoại Sơn, Tỉnh An Giang",
        "  today: 30682 Xã Thoại Sơn, Tỉnh An Giang",
    ]


@pytest.mark.usefixtures("small_country")
def test_show_of_an_unknown_code_says_so(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["places", "show", "30721"])

    assert (result.exit_code, result.output) == (1, "Error: No unit has the code 30721 in 2025-07.\n")
