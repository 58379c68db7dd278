"""The races' own harness: what goes wrong in a racer is told at once, and the next race is not harmed by it."""

import os

import pytest
from flask import Flask

from tests.racing import PROCESSES, RaceFailed, Racers

pytestmark = pytest.mark.race


def answer(this: int, number: int) -> int:
    """Ten times the round, plus who."""
    return 10 * this + number


def stumble(this: int, number: int) -> int:
    """One of them fails in the second round."""
    if (this, number) == (1, 3):
        raise LookupError("stumbled")
    return answer(this, number)


def vanish(_this: int, number: int) -> None:
    """One of them is killed."""
    if number == 3:
        os._exit(1)


def test_every_round_has_everybodys_answer(context: Flask, racers: Racers) -> None:
    by_round = racers.race(answer, [0, 1])
    assert [sorted(answers) for answers in by_round] == [list(range(PROCESSES)), list(range(10, 10 + PROCESSES))]


def test_what_a_racer_raises_fails_the_race_with_its_traceback(context: Flask, racers: Racers) -> None:
    with pytest.raises(RaceFailed, match=r"in stumble(.|\n)*LookupError: stumbled"):
        racers.race(stumble, [0, 1, 2])
    assert len(racers.race(answer, [0])[0]) == PROCESSES


def test_a_racer_that_dies_fails_the_race_and_the_next_one_has_fresh_racers(context: Flask, racers: Racers) -> None:
    with pytest.raises(RaceFailed, match="a racer died"):
        racers.race(vanish, [0])
    assert len(racers.race(answer, [0])[0]) == PROCESSES
