"""Words for error codes. Rooms hand in their codes at start; a code without words falls back to its kind's."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.core.errors import DomainError

_words: dict[str, LazyString] = {
    "required": _l("Please fill this in."),
    "unknown_field": _l("This field is not known here."),
    "text_control_character": _l("The text holds an invisible character (%(character)s). Please type it anew."),
    "text_too_long": _l("At most %(longest)s characters, please."),
    "text_too_short": _l("At least %(shortest)s characters, please."),
    "text_holds_card_number": _l("This looks like a card number. Please take it out: we never ask for it here."),
    "not_text": _l("Please write text here."),
    "amount_unreadable": _l("Please write an amount in đồng, for example 120.000."),
    "amount_out_of_range": _l("The amount must lie between %(lowest)s and %(highest)s đồng."),
    "number_unreadable": _l("Please write a whole number with digits only."),
    "number_out_of_range": _l("The number must lie between %(lowest)s and %(highest)s."),
    "decimal_unreadable": _l("Please write a number, for example 82,5."),
    "date_unreadable": _l("Please write the date as day/month/year, for example 21/11/2026."),
    "phone_unreadable": _l("A phone number has 10 digits, for example 0912 345 678."),
    "email_unreadable": _l("Please write an e-mail address, for example lan@example.vn."),
    "choice_unknown": _l("Please choose one of the offered answers."),
    "database_busy": _l("Many people are writing just now. Nothing was lost: please try again in a moment."),
    "version_outdated": _l("Somebody changed this in the meantime. Please look at the newest version and try again."),
    "file_too_large": _l("The file is too large: at most %(limit_mb)s MB, please."),
    "cursor_unreadable": _l("This page of the list cannot be found. Please start again from the first page."),
}

_KINDS = {
    "invalid": _l("Please check what you typed."),
    "forbidden": _l("You are not allowed to do this."),
    "not_found": _l("We could not find this."),
    "conflict": _l("This is no longer possible: something changed in the meantime."),
    "unavailable": _l("This part does not answer just now. Nothing was lost: please try again in a moment."),
    "error": _l("Something went wrong on our side. Nothing was changed."),
}


def add(words: Mapping[str, LazyString]) -> None:
    """Hand in a room's codes with their words. Facts of the error fill ``%(name)s`` places."""
    _words.update(words)


def known_codes() -> frozenset[str]:
    """Every code that has words."""
    return frozenset(_words)


def say(code: str, kind: str = "error", **facts: object) -> str:
    """The sentence for ``code`` in the reader's language."""
    sentence = str(_words.get(code) or _KINDS.get(kind, _KINDS["error"]))
    if "đồng" in sentence or "₫" in sentence:  # sums of money are grouped as on every page: 61.000
        facts = {name: f"{fact:,}".replace(",", ".") if type(fact) is int else fact for name, fact in facts.items()}
    try:
        return sentence % facts if "%(" in sentence else sentence
    except KeyError:
        return str(_KINDS.get(kind, _KINDS["error"]))


def say_error(error: DomainError) -> str:
    """The sentence for a domain error."""
    return say(error.code, error.kind, **error.facts)
