"""HTML forms over marshmallow schemas: Flask-WTF draws and guards against forgery, the schema alone decides."""

from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from flask_wtf import FlaskForm
from marshmallow import EXCLUDE, Schema, ValidationError

from marketplace.core.db import retrying
from marketplace.core.errors import Invalid
from marketplace.web import messages


def in_words(message: str) -> str:
    """A schema's message (``code`` or ``code?fact=value``) as a sentence for the reader."""
    code, _, facts = message.partition("?")
    return messages.say(code, "invalid", **dict(parse_qsl(facts)))


class SchemaForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A form whose rules are a schema's. Declare plain WTForms fields (no validators) and ``schema_class``.

    After ``validate_on_submit()`` is true the typed values are in ``loaded``; after it is false every field
    still holds what was typed and ``errors`` are sentences beside their fields.
    """

    schema_class: ClassVar[type[Schema]]
    loaded: dict[str, Any]

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the forgery token, then let the schema decide."""
        if not super().validate(extra_validators):
            return False
        typed = {name: field.data for name, field in self._fields.items() if name != "csrf_token"}
        typed = {name: value for name, value in typed.items() if value is not None}
        try:
            self.loaded = self.schema_class(unknown=EXCLUDE).load(typed)
        except ValidationError as error:
            self._show(dict(error.messages_dict))
            return False
        return True

    def refuse(self, error: Invalid) -> None:
        """Show a domain refusal beside its field (or above the form when it names none)."""
        sentence = messages.say_error(error)
        if error.field and error.field in self._fields:
            self._fields[error.field].errors = [*self._fields[error.field].errors, sentence]
        else:
            self.form_errors.append(sentence)

    def is_done(self, write: Callable[[], object]) -> bool:
        """Run ``write``, tried again when the database asks for it; whether it went through. A refusal is shown."""
        try:
            retrying(write)
        except Invalid as error:
            self.refuse(error)
            return False
        return True

    def _show(self, found: dict[str, Any]) -> None:
        for name, problems in found.items():
            sentences = [in_words(problem) for problem in _flatten(problems)]
            if name in self._fields:
                self._fields[name].errors = sentences
            else:
                self.form_errors.extend(sentences)


def forms_of_rows(refused_id: int | None, refused: SchemaForm | None) -> Callable[[type[SchemaForm], int], SchemaForm]:
    """For a page with the same forms on every row: the form of one kind and row, with ids of its own.

    It is the ``refused`` one, with what was typed, on the row ``refused_id``; elsewhere an empty one.
    """

    def form_for(kind: type[SchemaForm], row_id: int) -> SchemaForm:
        form = refused if isinstance(refused, kind) and refused_id == row_id else kind(formdata=None)
        for control in form:
            control.id = control.label.field_id = f"{control.name}-{row_id}"
        return form

    return form_for


def _flatten(problems: Any) -> list[str]:
    if isinstance(problems, dict):
        return [text for part in problems.values() for text in _flatten(part)]
    return [str(problem) for problem in problems]
