"""Search (docs.stripe.com/search): ``status:"succeeded" AND metadata["order"]:"DH1" AND amount>1000``.

Clauses are joined by AND (a blank is one, too) or by OR, never both, without parentheses; ``-`` negates one. ``:`` is
equal (of texts without case), ``~`` contains, ``> < >= <=`` compare numbers, ``null`` is a missing metadata key.
The sandbox finds at once what it keeps; Stripe takes up to a minute.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import StripeError
from .objects import Body, Call, every, face
from .params import EXPAND, Kind, Text, Whole

PARAMS: dict[str, Kind] = {
    "query": Text(required=True),
    "limit": Whole(least=1, most=100),
    "page": Text(),
    "expand": EXPAND,
}
_CARD = "payment_method_details.card."
_NUMBERS = ("amount", "created", f"{_CARD}exp_month", f"{_CARD}exp_year")
_SHARED = ("created", "metadata")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "payment_intent": (*_SHARED, "amount", "currency", "customer", "status"),
    "charge": (
        *_SHARED, "amount", "currency", "customer", "disputed", "refunded", "status",
        *(f"{_CARD}{name}" for name in ("brand", "exp_month", "exp_year", "fingerprint", "last4")),
    ),
    "customer": (*_SHARED, "email", "name", "phone"),
    "product": (*_SHARED, "active", "description", "name", "shippable", "url"),
    "price": (*_SHARED, "active", "currency", "lookup_key", "product", "type"),
}  # fmt: skip
_CLAUSE = re.compile(
    r"""(?P<minus>-?)(?P<field>[a-z_.0-9]+)(?:\[(?P<mark>["'])(?P<key>.*?)(?P=mark)\])?"""
    r"""(?P<sign>:|~|>=|<=|>|<)(?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|null|true|false|-?[0-9]+)"""
)
_JOINT = re.compile(r"\s+(?:(AND|OR)\s+)?", re.IGNORECASE)
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a query."""

    field: str
    key: str | None
    sign: str
    value: str | int | None
    negated: bool

    def fits(self, body: Body) -> bool:
        """True when the object meets it."""
        return self._meets(self._member(body)) != self.negated

    def _member(self, body: Body) -> Any:
        found: Any = body
        for part in self.field.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return (found or {}).get(self.key) if self.key is not None else found

    def _meets(self, member: Any) -> bool:
        if self.value is None or member is None:
            return member is None and self.value is None
        if self.sign in _COMPARE:
            return _COMPARE[self.sign](member, self.value)
        if isinstance(self.value, int):
            return bool(member == self.value)
        written = str(member).lower()
        return self.value.lower() in written if self.sign == "~" else written == self.value.lower()


def search(kind: str, url: str) -> Callable[[Call], Body]:
    """The endpoint that searches objects of ``kind``, newest first."""

    def run(call: Call) -> Body:
        clauses, meets = _read(call.params["query"], kind)
        found = [
            face(call.db, body)
            for body in reversed(every(call.db, kind, _account=call.account))
            if meets(clause.fits(body) for clause in clauses)
        ]
        begin, limit = _begin(call.params.get("page"), [body["id"] for body in found]), call.params.get("limit", 10)
        page = found[begin : begin + limit]
        more = len(found) > begin + limit
        next_page = page[-1]["id"] if more else None
        return {"object": "search_result", "url": url, "has_more": more, "data": page, "next_page": next_page}

    return run


def _begin(page: str | None, ids: list[str]) -> int:
    if page is None:
        return 0
    if page not in ids:
        raise StripeError(400, f"Invalid page: {page}. Use the next_page of the page before.", param="page")
    return ids.index(page) + 1


def _read(query: str, kind: str) -> tuple[list[Clause], Callable[[Any], bool]]:
    """The clauses and how they are joined; raises StripeError."""
    text, place, clauses, joints = query.strip(), 0, [], set()
    while True:
        match = _CLAUSE.match(text, place)
        if match is None:
            raise _unreadable("We were unable to parse your search query.")
        clauses.append(_clause(match, kind))
        if (place := match.end()) == len(text):
            break
        joint = _JOINT.match(text, place)
        if joint is None:
            raise _unreadable("We were unable to parse your search query.")
        joints.add((joint[1] or "AND").upper())
        place = joint.end()
    if len(joints) > 1:
        raise _unreadable("You cannot use AND and OR in the same search query.")
    if len(clauses) > 10:
        raise _unreadable("A search query has at most 10 clauses.")
    return clauses, any if joints == {"OR"} else all


def _clause(match: re.Match[str], kind: str) -> Clause:
    name, key, sign, written = match["field"], match["key"], match["sign"], match["value"]
    if name not in FIELDS[kind] or (key is not None) != (name == "metadata"):
        raise _unreadable(f"Field `{name}` is an unsupported search field for resource `{kind}s`.")
    is_number = name in _NUMBERS
    if (sign in _COMPARE and not is_number) or (sign == "~" and is_number):
        raise _unreadable(f"Operator `{sign}` is not supported for the field `{name}`.")
    bare = re.sub(r"\\(.)", r"\1", written[1:-1]) if written[0] in "\"'" else written
    value: str | int | None = None if written == "null" else bare
    if is_number:
        if not re.fullmatch("-?[0-9]{1,18}", bare):
            raise _unreadable(f"The field `{name}` is compared with numbers.")
        value = int(bare)
    elif sign == "~" and len(bare) < 3:
        raise _unreadable("A part of a text to search for has at least 3 characters.")
    return Clause(name, key, sign, value, match["minus"] == "-")


def _unreadable(words: str) -> StripeError:
    return StripeError(400, words, param="query")
