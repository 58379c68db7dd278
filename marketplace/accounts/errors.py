"""What can go wrong when people sign in."""

from typing import ClassVar

from marketplace.core.errors import Conflict, Unavailable


class TooManyTries(Conflict):
    """Wrong tries came too fast: wait ``seconds``. HTTP 429."""

    status: ClassVar[int] = 429

    def __init__(self, seconds: int) -> None:
        super().__init__("too_many_tries", seconds=seconds)
        self.seconds = seconds


class HashingBusy(Unavailable):
    """More people sign in at this second than passwords can be checked. HTTP 429."""

    status: ClassVar[int] = 429

    def __init__(self) -> None:
        super().__init__("sign_in_busy", retry_after=3)
