"""What can go wrong with places."""

from marketplace.core.errors import Invalid, NotFound


class PlaceNotFound(NotFound):
    """No unit with that id, or with that code in that vintage."""

    def __init__(self, code: str) -> None:
        super().__init__("place_not_found", place=code)


class PlaceFileRefused(Invalid):
    """A file of places was refused whole: ``row`` (the header is row 1), ``column`` and ``value`` say where."""

    def __init__(self, problem: str, *, file: str, row: int, column: str = "", value: str = "") -> None:
        super().__init__(f"place_file_{problem}", file=file, row=row, column=column, value=value)

    def __str__(self) -> str:
        facts = self.facts
        where = f"{facts['file']}, row {facts['row']}"
        if facts["column"]:
            where += f", column {facts['column']}"
        return f"{where}: {self.code.removeprefix('place_file_').replace('_', ' ')} ({facts['value']!r})"
