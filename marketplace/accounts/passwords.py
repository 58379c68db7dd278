"""Argon2id hashes, made at most two at a time, and the list of passwords that everybody tries first.

Cost: 19 MiB, two passes, one lane (OWASP's floor; about 30 ms). See docs/adr/0004-passwords.md.
"""

import re
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from marketplace.accounts.errors import HashingBusy
from marketplace.core.errors import Invalid
from marketplace.core.text import fold

SHORTEST = 10
LONGEST = 1024

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_places = threading.BoundedSemaphore(2)
_queue = threading.BoundedSemaphore(20)
#: A hash of nothing anybody knows: an unknown account costs as much time as a known one (S05).
_NOBODY = _hasher.hash("\0nobody")

_WORDS = set((Path(__file__).parent / "common_words.txt").read_text(encoding="utf-8").split())
_COMMON = sorted(_WORDS, key=lambda word: (-len(word), word))  # the longest first
_LEET = str.maketrans("013457@$!", "oieastasi")


def hash_password(password: str) -> str:
    """The hash to store. Never call it inside ``transaction()``: it takes time. Raises ``HashingBusy``."""
    with _turn():
        return _hasher.hash(_normal(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether ``password`` is the one behind ``stored``; takes the same time when there is none (None)."""
    if len(password) > LONGEST:
        return False
    with _turn():
        try:
            found = _hasher.verify(stored or _NOBODY, _normal(password))
        except (Argon2Error, InvalidHashError):
            return False
    return found and stored is not None


def needs_new_hash(stored: str) -> bool:
    """Whether the hash was made with an older cost."""
    return _hasher.check_needs_rehash(stored)


def random_password() -> str:
    """A password for one use, easy to read out: four groups of four letters and digits (about 80 bits)."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def check_strength(password: str, *, own: tuple[str, ...]) -> None:
    """Refuse what is short, endless, common or one's own data. No rule about kinds of letters (S01-S03).

    ``own``: the person's name, phone and e-mail address. Raises ``Invalid`` (``password_too_short``,
    ``text_too_long``, ``password_common``, ``password_is_own_data``), field ``password``.
    """
    if len(password) > LONGEST:
        raise Invalid("text_too_long", field="password", longest=LONGEST)
    if len(_normal(password)) < SHORTEST:
        raise Invalid("password_too_short", field="password", shortest=SHORTEST)
    letters = _bare(password)
    if any(_holds(letters, part) for part in own):
        raise Invalid("password_is_own_data", field="password")
    if len(letters) < 24 and min(map(_left_over, (letters, _bare(password.translate(_LEET))))) < 4:
        raise Invalid("password_common", field="password")


def _bare(text: str) -> str:
    return fold(text).replace(" ", "")


def _left_over(rest: str) -> int:
    """How many letters remain once common words, runs of digits and repetitions are taken out."""
    for word in _COMMON:
        rest = rest.replace(word, " ")
    rest = re.sub(r"[0-9]+", " ", rest)
    return len(re.sub(r"(.+?)\1{2,}", r"\1", rest).replace(" ", ""))


def _holds(letters: str, own: str) -> bool:
    """Whether the password is little more than one's own name, number or address."""
    bare = _bare(own.split("@")[0])
    shapes = {bare, "0" + bare.removeprefix("84")} if bare.isdigit() else {bare}
    return any(len(shape) >= 4 and shape in letters and len(letters) - len(shape) < 6 for shape in shapes)


def _normal(password: str) -> str:
    """NFC, because some phones send letters and marks apart; nothing else is changed (S01)."""
    return unicodedata.normalize("NFC", password)


@contextmanager
def _turn() -> Iterator[None]:
    """Two hashes at once, twenty waiting, the next is told to come back (S10)."""
    if not _queue.acquire(blocking=False):
        raise HashingBusy
    try:
        with _places:
            yield
    finally:
        _queue.release()
