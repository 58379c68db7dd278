"""What can go wrong with plans, definitions and declared figures."""

from marketplace.core.errors import Invalid, NotFound


class PlanNotFound(NotFound):
    """No plan with that code."""

    def __init__(self, code: str) -> None:
        super().__init__("plan_not_found", plan=code)


class ProgrammeFileRefused(Invalid):
    """A file of the programme was refused whole: ``row`` (the header is row 1), ``column`` and ``value`` say where."""

    def __init__(self, problem: str, *, file: str, row: int, column: str = "", value: str = "") -> None:
        super().__init__(f"programme_file_{problem}", file=file, row=row, column=column, value=value)

    def __str__(self) -> str:
        facts = self.facts
        where = f"{facts['file']}, row {facts['row']}"
        if facts["column"]:
            where += f", column {facts['column']}"
        return f"{where}: {self.code.removeprefix('programme_file_').replace('_', ' ')} ({facts['value']!r})"
