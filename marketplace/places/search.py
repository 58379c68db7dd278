"""Finding a present place by any name it has or had, typed with or without marks."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, or_

from marketplace.core import text
from marketplace.core.db import db
from marketplace.core.text import fold
from marketplace.places.files import KINDS
from marketplace.places.models import AdminUnit, Level
from marketplace.places.queries import area_of, find_unit, resolve_many, units

_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_KINDS = sorted({kind for kinds in KINDS.values() for kind in kinds})
#: What people write before a name, folded, and the kind that they mean.
_PREFIXES = {fold(kind): kind for kind in _KINDS} | {
    "tp": "thành phố", "tx": "thị xã", "tt": "thị trấn", "h": "huyện", "q": "quận", "p": "phường", "x": "xã",
}  # fmt: skip
_CANDIDATES = 400


@dataclass(frozen=True)
class PlaceHit:
    """A present unit; ``formerly`` is the older unit whose name was found, None when the present name was."""

    unit: AdminUnit
    formerly: AdminUnit | None
    #: The older unit was split: this is one of the present units that hold a part of it.
    needs_choice: bool


@dataclass(frozen=True)
class _Wanted:
    """What a person typed: the folded name, the name after a kind ("xã"), and the places around it."""

    typed: str
    name: str
    bare_name: str
    kind: str | None
    around: tuple[str, ...]

    def rank(self, unit: AdminUnit) -> tuple[object, ...]:
        """Smaller is better: right marks, whole name, start of the name, present before past, large before small."""
        name = self.bare_name if self.kind == unit.kind else self.name
        spelled = marked(self.typed)
        return (
            spelled != fold(self.typed) and marked(unit.name) not in spelled and spelled not in marked(unit.name),
            0 if unit.name_fold == name else 1 if unit.name_fold.startswith(name) else 2,
            unit.valid_to is not None,
            list(Level).index(unit.level),
            unit.name_fold,
            unit.code,
        )


def search_places(
    query: str, *, level: Level | None = None, province: str | None = None, limit: int = 20
) -> list[PlaceHit]:
    """Present units whose present or former name fits ``query``, best first, each once, at most ``limit``.

    ``query`` may be typed without marks, start with a kind or its abbreviation ("xã", "tp.") and go on with the
    places around it after commas ("Bình Dương, Thăng Bình"). Typed marks put names with these marks first.
    ``level`` and ``province`` (a code of the present vintage) narrow the present units.
    """
    wanted = _understand(query)
    if wanted is None:
        return []
    narrowed: list[ColumnElement[bool]] = []
    if province is not None:
        above = find_unit(province)
        if above is None:
            return []
        ids = area_of(above).whole
        narrowed.append(or_(AdminUnit.id.in_(ids), AdminUnit.parent_id.in_(ids)))
    hits = _present(sorted(_candidates(wanted, *narrowed), key=wanted.rank))
    return [hit for hit in hits if level is None or hit.unit.level is level][:limit]


def search_vintage(query: str, *, vintage: str, level: Level | None = None, limit: int = 20) -> list[AdminUnit]:
    """Units of one vintage by their own name, best first: for whoever wants the former unit itself."""
    wanted = _understand(query)
    if wanted is None:
        return []
    found = [unit for unit in _candidates(wanted, AdminUnit.vintage == vintage) if level is None or unit.level is level]
    return sorted(found, key=wanted.rank)[:limit]


def marked(name: str) -> str:
    """Small letters with their marks, each word's tone at its end: ``Hòa`` and ``Hoà`` become the same."""
    return " ".join(_tone_last(word) for word in unicodedata.normalize("NFD", name.casefold()).split())


def _tone_last(word: str) -> str:
    tones = "".join(character for character in word if character in _TONES)
    return "".join(character for character in word if character not in _TONES) + tones


def _understand(query: str) -> _Wanted | None:
    head, *around = (part.strip() for part in text.clean(query).replace(".", " ").split(","))
    name = fold(head)
    if not name:
        return None
    words, kind = _without_kind(name)
    typed = " ".join(head.split()[name.count(" ") - words.count(" ") :])
    return _Wanted(typed, name, words, kind, tuple(_without_kind(fold(part))[0] for part in around if fold(part)))


def _without_kind(name: str) -> tuple[str, str | None]:
    """``xa thoai son`` -> ``thoai son`` and xã; a name without a kind comes back as it is."""
    for prefix, kind in _PREFIXES.items():
        if name.startswith(f"{prefix} "):
            return name.removeprefix(f"{prefix} "), kind
    return name, None


def _candidates(wanted: _Wanted, *narrowed: ColumnElement[bool]) -> list[AdminUnit]:
    fits = _fits(wanted.name)
    if wanted.kind is not None:
        fits = or_(fits, and_(AdminUnit.kind == wanted.kind, _fits(wanted.bare_name)))
    nearness = case(
        (AdminUnit.name_fold == wanted.bare_name, 0), (AdminUnit.name_fold.startswith(wanted.bare_name), 1), else_=2
    )
    statement = (
        units()
        .where(fits, *narrowed)
        .order_by(nearness, func.length(AdminUnit.name_fold), AdminUnit.vintage, AdminUnit.code)
    )
    found = db.session.scalars(statement.limit(_CANDIDATES))
    return [unit for unit in found if _lies_in(unit, wanted.around)]


def _fits(name: str) -> ColumnElement[bool]:
    """The folded name starts with ``name``, or one of its words does."""
    return or_(AdminUnit.name_fold.startswith(name), AdminUnit.name_fold.contains(f" {name}"))


def _lies_in(unit: AdminUnit, around: Sequence[str]) -> bool:
    above = {place.name_fold for place in unit.lineage[1:]}
    return all(part in above for part in around)


def _present(found: Sequence[AdminUnit]) -> list[PlaceHit]:
    resolved = resolve_many([unit.id for unit in found])
    hits: dict[int, PlaceHit] = {}
    for unit in found:
        resolution = resolved[unit.id]
        for present in resolution.units:
            formerly = None if present.id == unit.id else unit
            hits.setdefault(present.id, PlaceHit(present, formerly, resolution.needs_choice))
    return list(hits.values())
