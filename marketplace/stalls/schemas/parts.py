"""Fields that several subjects share."""

import uuid
from typing import Any

from marshmallow import ValidationError, fields

#: Words for a choice that is not offered.
UNKNOWN_CHOICE: dict[str, Any] = {"unknown": "choice_unknown"}


class ClientId(fields.Field[str]):
    """A UUID made where the sale is made, in its usual writing, lower case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            return str(uuid.UUID(value))
        except (ValueError, AttributeError, TypeError) as error:
            raise ValidationError("client_id_unreadable") from error


class Moment(fields.AwareDateTime):
    """A moment with its offset."""

    default_error_messages = dict.fromkeys(("invalid", "invalid_awareness", "format"), "moment_unreadable")
