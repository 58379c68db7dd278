"""The five kinds of refusal. Each error carries a stable ``code`` and facts; words and status are the web floor's.

A room declares its own children in ``<room>/errors.py`` or raises a kind with a code; doors never catch them.
"""

from typing import Any, ClassVar


class DomainError(Exception):
    """Something a person or program asked for that the rules do not allow. ``facts`` must be JSON-ready."""

    kind: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, code: str, *, field: str | None = None, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.facts = facts


class Invalid(DomainError):
    """The input itself is wrong; ``field`` names where, ``fields`` several at once. HTTP 422."""

    kind = "invalid"
    status = 422

    def __init__(
        self, code: str, *, field: str | None = None, fields: dict[str, list[str]] | None = None, **facts: Any
    ) -> None:
        super().__init__(code, field=field, **facts)
        self.fields = fields or {}


class Forbidden(DomainError):
    """Known person, not allowed. Never used where it would reveal that a thing exists. HTTP 403."""

    kind = "forbidden"
    status = 403


class NotFound(DomainError):
    """No such thing, or not yours: both answer alike. HTTP 404."""

    kind = "not_found"
    status = 404


class Conflict(DomainError):
    """Right input, wrong moment: state moved, stock is short, key was used. HTTP 409."""

    kind = "conflict"
    status = 409


class Unavailable(DomainError):
    """A part we need does not answer now; try again after ``retry_after`` seconds. HTTP 503."""

    kind = "unavailable"
    status = 503

    def __init__(self, code: str, *, retry_after: int = 5, **facts: Any) -> None:
        super().__init__(code, **facts)
        self.retry_after = retry_after
