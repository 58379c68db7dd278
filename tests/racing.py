"""Several processes that do the same thing at the same moment.

One more process loads the application at the first race of a run and forks the racers, as a server does that loads
before it forks: each has connections of its own. They then race as often as they are asked to.
"""

import contextlib
import multiprocessing
import threading
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Barrier
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy.orm import configure_mappers

from config import Testing
from marketplace.app import create_app
from marketplace.core.db import db

SPAWN = multiprocessing.get_context("spawn")
FORK = multiprocessing.get_context("fork")
PROCESSES = 8
#: Seconds that a racer waits for the others, and a test for its racers.
PATIENCE = 90
WAITED_IN_VAIN = "waited in vain for the other racers"

R = TypeVar("R")
A = TypeVar("A")


class RaceFailed(AssertionError):
    """A racer raised what its turn does not expect, died, or did not come back. Carries the racer's traceback."""


class Racers:
    """Eight processes on the database of ``settings`` (the environment that ``config.Testing`` reads)."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._settings = settings
        self._barrier = SPAWN.Barrier(PROCESSES)
        self._starter: SpawnProcess | None = None
        self._pipes: list[Connection] = []

    def race(self, turn: Callable[[R, int], A], rounds: Sequence[R]) -> list[list[A]]:
        """Let every process call ``turn(round, its number)`` for each round, all at the same moment; per round, what
        each answered. ``turn`` is a function of a module (or a partial of one); rounds and answers can be pickled.

        Raises ``RaceFailed`` as soon as one of them fails.
        """
        db.session.rollback()  # nothing stays open here while the others write
        if self._starter is None:
            self._start()
        for pipe in self._pipes:
            pipe.send((turn, rounds))
        answers, problems = self._collect()
        if problems:
            self._barrier.reset()
            raise RaceFailed("\n".join(problem for problem in problems if problem != WAITED_IN_VAIN) or WAITED_IN_VAIN)
        return [list(of_round) for of_round in zip(*answers, strict=True)]

    def stop(self) -> None:
        """Send everybody home: racers leave when nobody can ask them any more, and their starter with the last."""
        self._barrier.abort()  # whoever still waits there leaves, too
        for pipe in self._pipes:
            pipe.close()
        self._pipes = []
        if self._starter is not None:
            self._starter.join(timeout=10)
            if self._starter.is_alive():
                self._starter.terminate()
                self._starter.join()
            self._starter.close()
            self._starter = None

    def _start(self) -> None:
        self._barrier = SPAWN.Barrier(PROCESSES)
        pairs = [SPAWN.Pipe() for _ in range(PROCESSES)]
        self._pipes = [ours for ours, _theirs in pairs]
        theirs = [end for _ours, end in pairs]
        self._starter = SPAWN.Process(target=_start_racers, args=(self._settings, self._barrier, theirs))
        self._starter.start()
        for end in theirs:
            end.close()

    def _collect(self) -> tuple[list[list[Any]], list[str]]:
        answers: list[list[Any]] = []
        problems: list[str] = []
        waiting: list[Any] = list(self._pipes)
        while waiting:
            heard = wait(waiting, timeout=PATIENCE)
            try:
                found = [pipe.recv() for pipe in heard]
            except EOFError:
                self.stop()
                return [], ["a racer died"]
            if not heard:
                self.stop()
                return [], [f"{len(waiting)} racers did not come back within {PATIENCE} seconds"]
            answers += [answer for answer, _problem in found]
            problems += [problem for _answer, problem in found if problem]
            waiting = [pipe for pipe in waiting if pipe not in heard]
        return answers, problems


def _start_racers(settings: dict[str, str], barrier: Barrier, pipes: list[Connection]) -> None:
    app = create_app(Testing(settings))
    configure_mappers()  # once, not by each of them at its first query
    with app.app_context():
        db.engine.dispose()
    racers = [
        FORK.Process(target=_serve, args=(app, number, barrier, pipes), daemon=True) for number in range(PROCESSES)
    ]
    for racer in racers:
        racer.start()
    for pipe in pipes:
        pipe.close()
    for racer in racers:
        racer.join()


def _serve(app: Flask, number: int, barrier: Barrier, pipes: list[Connection]) -> None:
    for other, pipe in enumerate(pipes):
        if other != number:
            pipe.close()
    with contextlib.suppress(EOFError):
        while True:
            with app.app_context():
                outcome = _race(pipes[number], number, barrier)
                db.session.remove()
                db.engine.dispose()
            pipes[number].send(outcome)


def _race(pipe: Connection, number: int, barrier: Barrier) -> tuple[list[Any], str]:
    """The answers of all rounds, or the traceback of what went wrong. Raises ``EOFError`` when nobody asks any more."""
    answers = []
    try:
        turn, rounds = pipe.recv()
        for this in rounds:
            barrier.wait(PATIENCE)
            answers.append(turn(this, number))
    except EOFError:
        raise
    except threading.BrokenBarrierError:
        return [], WAITED_IN_VAIN
    except BaseException:
        barrier.abort()
        return [], traceback.format_exc()
    return answers, ""
