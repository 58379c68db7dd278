"""Searching as people type: with marks or without, by the north's word or the south's.

The database keeps the index ``product_search`` (migration 0012). A hit holds every word; hits that hold the words
with the very marks that were typed come first (P15), then those with the words in the product's own name.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import CTE, Float, Integer, bindparam, text

from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.text import clean, fold

_SYNONYMS = Path(__file__).with_name("synonyms.csv")
MOST_WORDS = 8
LONGEST_PHRASE = 3

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """What a search looks for: ``terms`` must all be found, each as one of its folded phrases; the last may go on.

    ``marked`` are the words with their marks when any were typed, else empty.
    """

    terms: tuple[tuple[Phrase, ...], ...]
    marked: Phrase


def read(typed: str) -> Wanted | None:
    """What was typed, as something to look for; None when no letter or digit is in it."""
    try:
        cleaned = clean(typed).lower()
    except Invalid:
        return None
    words = fold(cleaned).split()[:MOST_WORDS]
    if not words:
        return None
    marked = tuple(_letters(cleaned).split()[:MOST_WORDS])
    has_marks = len(marked) == len(words) and marked != tuple(words)
    return Wanted(_terms(words, marked if has_marks else None), marked if has_marks else ())


def hits(wanted: Wanted) -> CTE:
    """Rows ``(id, has_marks, score)`` of the products found; a lower ``score`` is better.

    Materialised: the index is asked once, not again for each product (at 10,000 products a hundred times faster).
    """
    postgresql = db.engine.dialect.name == "postgresql"
    words = _postgresql_query(wanted.terms) if postgresql else _sqlite_query("{name around}", wanted.terms)
    single = tuple(((word,),) for word in wanted.marked)
    marked = (_postgresql_query(single) if postgresql else _sqlite_query("{marked}", single)) if single else ""
    statement = text(_POSTGRESQL if postgresql else _SQLITE) if marked else text(_plain(postgresql))
    parameters: list[Any] = [bindparam("words", words), *([bindparam("marked", marked)] if marked else [])]
    return (
        statement.bindparams(*parameters)
        .columns(id=Integer, has_marks=Integer, score=Float)
        .cte("hits")
        .prefix_with("MATERIALIZED")
    )


_SQLITE = (
    "SELECT rowid AS id, rowid IN (SELECT rowid FROM product_search WHERE product_search MATCH :marked) AS has_marks, "
    "bm25(product_search, 0.0, 8.0, 1.0) AS score FROM product_search WHERE product_search MATCH :words"
)
_POSTGRESQL = (
    "SELECT product_id AS id, (marked @@ CAST(:marked AS tsquery))::int AS has_marks, "
    "-ts_rank(words, CAST(:words AS tsquery)) AS score FROM product_search WHERE words @@ CAST(:words AS tsquery)"
)


def _plain(postgresql: bool) -> str:
    """The statement for words without marks: nothing can rank by marks."""
    if postgresql:
        return _POSTGRESQL.replace("(marked @@ CAST(:marked AS tsquery))::int", "0")
    return _SQLITE.replace("rowid IN (SELECT rowid FROM product_search WHERE product_search MATCH :marked)", "0")


def _letters(cleaned: str) -> str:
    """Letters and digits with their marks; every other sign becomes a blank, as in ``fold``."""
    return "".join(sign if sign.isalnum() else " " for sign in cleaned)


def _terms(words: list[str], marked: Phrase | None) -> tuple[tuple[Phrase, ...], ...]:
    """Cut the words into terms, the longest known phrase first, and add what else each is called."""
    terms: list[tuple[Phrase, ...]] = []
    place = 0
    while place < len(words):
        for length in range(min(LONGEST_PHRASE, len(words) - place), 0, -1):
            phrase = tuple(words[place : place + length])
            typed = marked[place : place + length] if marked else phrase
            others = _synonyms().get(typed, ())
            if others or length == 1:
                terms.append((phrase, *(other for other in others if other != phrase)))
                place += length
                break
    return tuple(terms)


@cache
def _synonyms() -> dict[Phrase, tuple[Phrase, ...]]:
    """Folded phrases that mean the same, by phrase, as it is typed with marks and without."""
    found: dict[Phrase, tuple[Phrase, ...]] = {}
    with _SYNONYMS.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            same = [row["word"], *row["means"].split(";")]
            folded = tuple(tuple(fold(phrase).split()) for phrase in same)
            for phrase in same:
                for typed in (tuple(phrase.split()), tuple(fold(phrase).split())):
                    found[typed] = tuple(dict.fromkeys((*found.get(typed, ()), *folded)))
    return found


def _sqlite_query(columns: str, terms: tuple[tuple[Phrase, ...], ...]) -> str:
    parts = []
    for number, phrases in enumerate(terms):
        goes_on = " *" if number == len(terms) - 1 else ""
        parts.append("(" + " OR ".join(f'"{" ".join(phrase)}"{goes_on}' for phrase in phrases) + ")")
    return f"{columns} : ({' AND '.join(parts)})"


def _postgresql_query(terms: tuple[tuple[Phrase, ...], ...]) -> str:
    parts = []
    for number, phrases in enumerate(terms):
        goes_on = ":*" if number == len(terms) - 1 else ""
        joined = [" <-> ".join(f"'{word}'" for word in phrase) + goes_on for phrase in phrases]
        parts.append("(" + " | ".join(joined) + ")")
    return " & ".join(parts)
