"""What can go wrong when a report is asked for."""

from marketplace.core.errors import NotFound


class IndicatorNotFound(NotFound):
    """No such indicator in this report, or no such side of it."""

    def __init__(self, code: str) -> None:
        super().__init__("indicator_not_found", indicator=code)
