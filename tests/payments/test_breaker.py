"""When a side that does not answer is left in peace, and how it is tried again."""

from marketplace.payments.breaker import Breaker


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def _opened(clock: Clock) -> Breaker:
    breaker = Breaker(3, window=30, pause=15, now=clock)
    _fail(breaker, 3)
    return breaker


def _fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        assert breaker.admits()
        breaker.report(answered=False)


def test_failures_in_a_row_open_it() -> None:
    breaker = Breaker(3, now=Clock())
    _fail(breaker, 2)
    assert breaker.admits()
    assert breaker.report(answered=False), "said once, for the log"
    assert not breaker.admits()
    assert not breaker.report(answered=False)


def test_an_answer_in_between_begins_the_count_anew() -> None:
    breaker = Breaker(3, now=Clock())
    _fail(breaker, 2)
    breaker.report(answered=True)
    _fail(breaker, 2)
    assert breaker.admits()


def test_failures_that_lie_far_apart_do_not_open_it() -> None:
    clock = Clock()
    breaker = Breaker(3, window=30, now=clock)
    for _ in range(5):
        _fail(breaker, 1)
        clock.seconds += 16
    assert breaker.admits()


def test_after_the_pause_one_call_tries_and_the_others_still_do_not() -> None:
    clock = Clock()
    breaker = _opened(clock)
    clock.seconds += 14.9
    assert not breaker.admits()
    clock.seconds += 0.1
    assert [breaker.admits(), breaker.admits(), breaker.admits()] == [True, False, False]


def test_the_outcome_of_the_trial_decides() -> None:
    clock = Clock()
    breaker = _opened(clock)
    clock.seconds += 15
    assert breaker.admits()
    breaker.report(answered=False)
    clock.seconds += 14
    assert not breaker.admits()
    clock.seconds += 1
    assert breaker.admits()
    breaker.report(answered=True)
    assert [breaker.admits(), breaker.admits()] == [True, True]


def test_zero_failures_never_open_it() -> None:
    breaker = Breaker(0, now=Clock())
    _fail(breaker, 50)
    assert breaker.admits()
