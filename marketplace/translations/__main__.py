"""``python -m marketplace.translations`` compiles what changed; ``… collect`` gathers new messages of every room."""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parent.parent
CATALOGUES = PACKAGE / "translations" / "vi" / "LC_MESSAGES"
#: Rooms whose words are not their own folder's: the ground floor speaks through one catalogue.
SHARED = "web"
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
_OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
_KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "_n": (1, 2)}


def compile_all() -> int:
    """Write the ``.mo`` beside every ``.po`` that is newer; returns how many were written."""
    written = 0
    for source in sorted(CATALOGUES.glob("*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as text, target.open("wb") as binary:
            write_mo(binary, read_po(text, locale="vi"))
        written += 1
    return written


def messages_of_rooms() -> dict[str, Catalog]:
    """Every message in code and templates, by the room that says it."""
    found: dict[str, Catalog] = {}
    for name, line, message, comments, context in extract_from_dir(
        PACKAGE, method_map=_METHODS, options_map=_OPTIONS, keywords=_KEYWORDS, comment_tags=("i18n:",)
    ):
        catalogue = found.setdefault(_room(Path(name)), Catalog(locale="vi"))
        catalogue.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return found


def _room(path: Path) -> str:
    parts = path.parts[1:] if path.parts[0] == "templates" else path.parts
    room = parts[0] if len(parts) > 1 else SHARED
    return SHARED if room in ("components", "core") else room


def collect() -> None:
    """Bring every room's catalogue up to its messages; new ones stand there untranslated."""
    for room, template in messages_of_rooms().items():
        path = CATALOGUES / f"{room}.po"
        if path.exists():
            with path.open("rb") as text:
                catalogue = read_po(text, locale="vi", domain=room)
        else:
            catalogue = Catalog(locale="vi", domain=room)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with path.open("wb") as text:
            write_po(text, catalogue, width=110, sort_output=True, no_location=True, omit_header=False)


def untranslated() -> Iterator[tuple[str, str]]:
    """``(room, message)`` for every message that has no Vietnamese words yet."""
    for room, template in messages_of_rooms().items():
        path = CATALOGUES / f"{room}.po"
        words: Catalog | None = None
        if path.exists():
            with path.open("rb") as text:
                words = read_po(text, locale="vi")
        for message in template:
            if not message.id:
                continue
            found = words.get(message.id, message.context) if words else None
            said = found.string if found else ""
            if not said or (isinstance(said, tuple) and not all(said)) or (found and found.fuzzy):
                yield room, str(message.id)


if __name__ == "__main__":
    if sys.argv[1:] == ["collect"]:
        collect()
    compile_all()
