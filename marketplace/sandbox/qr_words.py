"""What is wrong with a payment code, in words that name the object: for the bank app's page and the bank's answers."""

from collections.abc import Callable, Iterable

from marketplace.core.vietqr import Problem

from .words import gettext

Say = Callable[..., str]


def plain(message: str, **facts: object) -> str:
    """English, whatever the reader's language: for answers in JSON."""
    return message % facts if facts else message


def explained(problems: Iterable[Problem], say: Say = gettext) -> str:
    """One sentence for each thing that is wrong, each once, in the reader's language unless ``say`` says otherwise."""
    return " ".join(dict.fromkeys(_sentence(problem, say) for problem in problems))


def _sentence(problem: Problem, _: Say) -> str:
    """The words of a finding; its detail is a value that was read, or the place of an object."""
    value = problem.detail
    place = _place(value, _)
    words = {
        "no_checksum": _("It does not end with a checksum (object 63): it was cut, or it is no payment code."),
        "crc_mismatch": _("The checksum (object 63) does not fit: a character was changed or lost."),
        "crc_lower_case": _("The checksum (object 63) is written in small letters."),
        "too_long": _("It is longer than a payment code can be."),
        "bad_text": _("It holds half a character."),
        "white_space": _("There are blanks before or after it."),
        "bad_format": _("It does not begin with the format's number (object 00 is 01)."),
        "format_not_first": _("It does not begin with the format's number (object 00 is 01)."),
        "bad_initiation": _("Object 01 is %(value)s; it is 11 for many transfers or 12 for one.", value=value),
        "no_account": _("It names no receiver."),
        "other_scheme": _("Its receiver stands in object %(value)s, which is not NAPAS's.", value=value),
        "other_service": _("The service (object 38.02) is %(value)s, no transfer to an account or card.", value=value),
        "no_service": _("The service (object 38.02) is missing."),
        "two_receivers": _("It names two receivers, in objects 38 and %(value)s.", value=value),
        "bad_guid": _("The name of NAPAS (object 38.00) is written %(value)s.", value=value),
        "bad_bin": _("The bank's number (object 38.01.00) has six digits; here it is %(value)s.", value=value),
        "bad_account": _(
            "The account (object 38.01.01) has 1 to 19 letters or digits; here it is %(value)s.", value=value
        ),
        "bad_amount": _("The amount (object 54) is %(value)s: no whole number of dong above 0.", value=value),
        "amount_decimals": _("The amount (object 54) is %(value)s: dong have no decimals.", value=value),
        "amount_too_large": _(
            "The amount (object 54) is %(value)s: one transfer stays below 500 million.", value=value
        ),
        "bad_currency": _("The currency (object 53) is %(value)s; that of dong is 704.", value=value),
        "bad_country": _("The country (object 58) is %(value)s instead of VN.", value=value),
        "bad_fee": _("The tip or fee (object %(value)s) breaks the rules of objects 55 to 57.", value=value),
        "duplicate": _("%(place)s stands there twice.", place=place),
        "bad_object": _("Behind %(place)s no further object begins: a length is wrong.", place=place),
        "cut_short": _("%(place)s is shorter than it says.", place=place),
        "byte_lengths": _("The length of %(place)s counts bytes, not characters.", place=place),
        "empty": _("%(place)s is empty.", place=place),
        "too_long_value": _("%(place)s is too long.", place=place),
        "bad_character": _("%(place)s holds letters with marks or signs that codes do not take.", place=place),
        "not_numeric": _("%(place)s is not the number of digits that it has to be.", place=place),
        "no_language": _("%(place)s is missing.", place=place),
        "bad_data_request": _("%(place)s asks for something unknown.", place=place),
    }  # fmt: skip
    return words[problem.code]


def _place(place: str, _: Say) -> str:
    """An object as people know it, with its number."""
    names = {
        "": _("The beginning"), "38": _("The receiver"), "52": _("The kind of business"),
        "53": _("The currency"), "54": _("The amount"), "58": _("The country"), "59": _("The receiver's name"),
        "60": _("The receiver's town"), "62": _("The additional data"), "62.08": _("The message"),
        "63": _("The checksum"), "64": _("The other language"),
    }  # fmt: skip
    place = place.rstrip(".")
    name = names.get(place) or _("The object")
    return _("%(name)s (object %(number)s)", name=name, number=place) if place else name
