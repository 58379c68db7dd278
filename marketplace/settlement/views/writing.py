"""How doors of this room write: tried again when the database asks for it, refused beside the field."""

from collections.abc import Callable

from marketplace.core.db import retrying
from marketplace.core.errors import Invalid
from marketplace.web.forms import SchemaForm


def is_done(form: SchemaForm, write: Callable[[], None]) -> bool:
    """Run ``write``; whether it went through. A refusal stands beside its field of ``form``."""
    try:
        retrying(write)
    except Invalid as error:
        form.refuse(error)
        return False
    return True
