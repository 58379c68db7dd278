"""Text at the door and text for search. One folding function for every search column and comparison."""

import re
import unicodedata

from marketplace.core.errors import Invalid

#: Direction and other invisible controls that can make a name look like another one (Unicode TR36).
_REFUSED_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn"}
_ALLOWED_CONTROLS = {"\n"}
#: Stands where bytes were not UTF-8: what was typed is lost, so it is asked for again.
_UNDECODED = "\ufffd"
#: Joiners are lawful inside emoji and some scripts but carry no meaning in Vietnamese; they are refused with Cf.


def clean(typed: str, *, multiline: bool = False) -> str:
    """Return ``typed`` in NFC with outer blanks gone and runs of blanks made one.

    Refuses control, direction, private, unassigned and undecodable characters: raises ``Invalid``
    (``text_control_character``).
    With ``multiline`` line breaks stay (CRLF and CR become LF).
    """
    text = unicodedata.normalize("NFC", typed.replace("\r\n", "\n").replace("\r", "\n"))
    if not multiline:
        text = text.replace("\n", " ")
    text = text.replace("\t", " ")
    for character in text:
        refused = unicodedata.category(character) in _REFUSED_CATEGORIES or character == _UNDECODED
        if refused and character not in _ALLOWED_CONTROLS:
            raise Invalid("text_control_character", character=f"U+{ord(character):04X}")
    text = re.sub(r"[^\S\n]+", " ", text)
    return re.sub(r" ?\n ?", "\n", text).strip()


def fold(text: str) -> str:
    """Lower case, đ to d, marks gone, other signs to single blanks: ``Cà phê Đắk-Lắk`` -> ``ca phe dak lak``."""
    lowered = text.casefold().replace("đ", "d")
    bare = "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", bare))


def slug(text: str) -> str:
    """``fold`` joined by hyphens, for addresses of pages; may be empty."""
    return fold(text).replace(" ", "-")
