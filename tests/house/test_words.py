"""Every word is there in both languages, and every refusal has a sentence."""

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

from babel.messages.pofile import read_po
from flask import Flask

from marketplace import translations
from marketplace.translations.__main__ import CATALOGUES, untranslated
from marketplace.web.messages import known_codes

PACKAGE = Path(translations.__file__).resolve().parent.parent
RAISED = re.compile(r"\b(?:Invalid|Forbidden|NotFound|Conflict|Unavailable)\(\s*\"([a-z0-9_]+)\"")


def test_vietnamese_is_complete() -> None:
    assert list(untranslated()) == []


def test_one_word_is_spelt_one_way() -> None:
    """hủy, not huỷ: the mark stands on the first letter, as in most of what people read."""
    spelt = {path.name for path in CATALOGUES.glob("*.po") if "huỷ" in path.read_text(encoding="utf-8").lower()}
    assert spelt == set()


def test_every_refusal_has_words(app: Flask) -> None:
    raised = {
        (code, path.relative_to(PACKAGE).as_posix())
        for path in PACKAGE.rglob("*.py")
        if "sandbox" not in path.relative_to(PACKAGE).parts
        for code in RAISED.findall(path.read_text(encoding="utf-8"))
    }
    assert raised
    assert sorted((code, where) for code, where in raised if code not in known_codes()) == []


def test_a_refusal_has_the_words_of_one_room() -> None:
    """Rooms share one list of codes: the second of two would silence the first."""
    rooms = [path.parent.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("messages.py")]
    rooms = [room for room in rooms if room.name != "sandbox"]
    told = [getattr(import_module(".".join([*room.parts, "messages"])), "MESSAGES", {}) for room in rooms]
    written = [code for messages in told for code in messages]
    assert len(rooms) > 10
    assert sorted(code for code, times in Counter(written).items() if times > 1) == []


def test_one_message_has_one_meaning_in_all_catalogues() -> None:
    said: dict[tuple[object, object], dict[str, object]] = {}
    for path in sorted(CATALOGUES.glob("*.po")):
        if path.stem == "sandbox":  # the sandbox speaks for itself, from its own catalogue
            continue
        with path.open("rb") as text:
            for message in read_po(text, locale="vi"):
                if message.id:
                    said.setdefault((message.context, message.id), {})[path.stem] = message.string
    assert {key: rooms for key, rooms in said.items() if len(set(map(str, rooms.values()))) > 1} == {}


def test_no_message_hides_in_a_formatted_string() -> None:
    """The collector does not look into the braces of an f-string: such a message would never be translated."""
    hidden = re.compile(r"""f["'].*\{_\(""")
    assert hidden.search('flash(f"{_(1)} done")'), "control"
    found = [path.name for path in PACKAGE.rglob("*.py") if hidden.search(path.read_text())]
    assert found == []
