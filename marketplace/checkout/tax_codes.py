"""The form of Vietnamese tax codes."""

import re

from marketplace.core.errors import Invalid

#: Weights of the first nine digits of a business's code; the tenth is 10 less the sum's rest by 11.
_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def read_tax_code(typed: str) -> str:
    """A tax code as ``0312345678``, ``0312345678-001`` (a branch) or 12 digits (the number of a person's identity).

    Only the form is checked, with the check digit of businesses: whether the code was given to anybody is not known
    here. Raises ``Invalid`` (``tax_code_unreadable``, ``tax_code_mistyped``).
    """
    text = re.sub(r"[\s.]", "", typed)
    if re.fullmatch(r"[0-9]{13}", text, re.ASCII):
        text = f"{text[:10]}-{text[10:]}"
    if re.fullmatch(r"[0-9]{12}", text, re.ASCII):
        return text
    if not re.fullmatch(r"[0-9]{10}(-[0-9]{3})?", text, re.ASCII):
        raise Invalid("tax_code_unreadable")
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text, strict=False))
    if 10 - total % 11 != int(text[9]):
        raise Invalid("tax_code_mistyped")
    return text
