"""What a call may say: each endpoint declares its parameters, anything else is refused before it runs.

Kinds turn the strings of a form into values and raise BadParameter with Stripe's own words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Protocol

from .currencies import LEAST, MOST, money
from .errors import BadParameter, absent, exclusive
from .form import Tree

_MOST_KEYS = 50
_WHOLE = re.compile(r"-?[0-9]{1,18}")


class Kind(Protocol):
    """How one parameter is read."""

    @property
    def required(self) -> bool: ...

    def read(self, raw: Tree | str, name: str) -> Any:
        """The value, or BadParameter. ``name`` is the parameter's full name, ``a[b]``."""


@dataclass(frozen=True)
class Text:
    """A string; ``choices`` limits it, ``clearable`` lets an empty string unset it (None)."""

    required: bool = False
    longest: int = 5000
    choices: tuple[str, ...] = ()
    clearable: bool = False

    def read(self, raw: Tree | str, name: str) -> str | None:
        if not isinstance(raw, str):
            raise BadParameter("Invalid string: expected a string, but an object was given.", param=name)
        if raw == "":
            if self.clearable:
                return None
            raise _empty(name)
        if self.choices and raw not in self.choices:
            raise BadParameter(f"Invalid {name}: must be one of {_or(self.choices)}", param=name)
        if len(raw) > self.longest:
            raise BadParameter(
                f"Invalid string: {raw[:4]}...{raw[-4:]}; must be at most {self.longest} characters", param=name
            )
        return raw


_ADDRESS = re.compile(r"[^@\s]+@(?:[^@\s.]+\.)+[^@\s.]+")


@dataclass(frozen=True)
class Email(Text):
    """An e-mail address."""

    longest: int = 512

    def read(self, raw: Tree | str, name: str) -> str | None:
        address = super().read(raw, name)
        if address is not None and not _ADDRESS.fullmatch(address):
            raise BadParameter(f"Invalid email address: {address}", param=name, code="email_invalid")
        return address


@dataclass(frozen=True)
class Descriptor(Text):
    """What an account statement shows (docs.stripe.com/get-started/account/statement-descriptors)."""

    longest: int = 22

    def read(self, raw: Tree | str, name: str) -> str | None:
        words = super().read(raw, name)
        if words is None:
            return None
        if not words.isascii() or not words.isprintable() or any(sign in words for sign in "<>\\'\"*"):
            raise BadParameter(
                "Statement descriptors hold Latin characters, and none of <, >, \\, ', \" and *.",
                param=name, code="invalid_characters",
            )  # fmt: skip
        if not any(sign.isalpha() for sign in words):
            raise BadParameter("Statement descriptors hold at least one letter.", param=name)
        return words


@dataclass(frozen=True)
class Whole:
    """An integer in the smallest unit: dong, seconds, or a count."""

    required: bool = False
    least: int | None = None
    most: int | None = None
    clearable: bool = False

    def read(self, raw: Tree | str, name: str) -> int | None:
        if raw == "":
            if self.clearable:
                return None
            raise _empty(name)
        if not isinstance(raw, str) or not _WHOLE.fullmatch(raw):
            shown = raw if isinstance(raw, str) else "object"
            raise BadParameter(f"Invalid integer: {shown}", param=name, code="parameter_invalid_integer")
        number = int(raw)
        if self.least is not None and number < self.least:
            raise BadParameter(
                f"This value must be greater than or equal to {self.least}.",
                param=name, code="parameter_invalid_integer",
            )  # fmt: skip
        if self.most is not None and number > self.most:
            raise BadParameter(
                f"This value must be less than or equal to {self.most}.",
                param=name, code="parameter_invalid_integer",
            )  # fmt: skip
        return number


@dataclass(frozen=True)
class Amount:
    """Money in the currency's smallest unit, 1 and more; ``check_size`` knows how much one payment may be."""

    required: bool = False

    def read(self, raw: Tree | str, name: str) -> int | None:
        return Whole(least=1).read(raw, name)


@dataclass(frozen=True)
class Decimal:
    """A measure, with at most two decimals."""

    required: bool = False

    def read(self, raw: Tree | str, name: str) -> float:
        if not isinstance(raw, str) or not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", raw):
            shown = raw if isinstance(raw, str) else "object"
            raise BadParameter(f"Invalid decimal: {shown}; must contain at maximum two decimal places.", param=name)
        return float(raw)


@dataclass(frozen=True)
class Flag:
    """``true`` or ``false``."""

    required: bool = False

    def read(self, raw: Tree | str, name: str) -> bool:
        if raw == "":
            raise _empty(name)
        said = raw.lower() if isinstance(raw, str) else "object"
        if said not in ("true", "false"):  # older SDKs write Python's True
            raise BadParameter(f"Invalid boolean: {raw if isinstance(raw, str) else said}", param=name)
        return said == "true"


@dataclass(frozen=True)
class Group:
    """An object with known members."""

    members: Mapping[str, Kind]
    required: bool = False
    clearable: bool = False

    def read(self, raw: Tree | str, name: str) -> dict[str, Any] | None:
        if raw == "":
            if self.clearable:
                return None
            raise _empty(name)
        if not isinstance(raw, dict):
            raise BadParameter("Invalid object", param=name)
        return read_params(raw, self.members, within=name)


@dataclass(frozen=True)
class Record(Group):
    """An object that is kept whole: members that are not given are None."""

    def read(self, raw: Tree | str, name: str) -> dict[str, Any] | None:
        given = super().read(raw, name)
        return None if given is None else {**dict.fromkeys(self.members), **given}


@dataclass(frozen=True)
class Many:
    """A list: ``a[]=x&a[]=y`` or ``a[0]=x``; ``clearable`` lets an empty string empty it."""

    of: Kind
    required: bool = False
    most: int | None = None
    clearable: bool = False

    def read(self, raw: Tree | str, name: str) -> list[Any]:
        if raw == "" and self.clearable:
            return []
        if not isinstance(raw, dict) or not all(re.fullmatch("[0-9]{1,4}", key) for key in raw):
            raise BadParameter("Invalid array", param=name)
        if self.most is not None and len(raw) > self.most:
            raise BadParameter(f"Array {name} exceeded maximum {self.most} allowed elements.", param=name)
        return [self.of.read(raw[key], f"{name}[{key}]") for key in sorted(raw, key=int)]


@dataclass(frozen=True)
class Metadata:
    """Up to 50 keys; an empty value deletes its key, an empty string deletes all (None)."""

    required: bool = False

    def read(self, raw: Tree | str, name: str) -> dict[str, str] | None:
        if raw == "":
            return None
        if not isinstance(raw, dict):
            raise BadParameter("Invalid object", param=name)
        found: dict[str, str] = {}
        for key, value in raw.items():
            if not isinstance(value, str):
                raise BadParameter("Metadata values are strings.", param=f"{name}[{key}]")
            for what, word, most in (("keys", key, 40), ("values", value, 500)):
                if len(word) > most:
                    raise BadParameter(
                        f"Metadata {what} can have up to {most} characters, but you passed in a {what[:-1]} that is "
                        f"{len(word)} characters. Invalid {what[:-1]}: {word}",
                        param=name,
                    )
            found[key] = value
        if len(found) > _MOST_KEYS:
            raise _too_many_keys(len(found), name)
        return found


@dataclass(frozen=True)
class Whatever:
    """Known to Stripe and kept by the sandbox as it came: it changes nothing here."""

    required: bool = False

    def read(self, raw: Tree | str, name: str) -> Any:
        return raw


@dataclass(frozen=True)
class NotKept:
    """Known to Stripe and not to the sandbox: refused in plain words, because ignoring it would be a lie."""

    why: str
    required: bool = False

    def read(self, raw: Tree | str, name: str) -> Any:
        raise BadParameter(f"The sandbox does not know {name}: {self.why}.", param=name)


def not_kept(*names: str, why: str) -> dict[str, Kind]:
    """Parameters that Stripe documents and the sandbox refuses, all for one reason."""
    return {name: NotKept(why) for name in names}


@dataclass(frozen=True)
class EitherOr:
    """The first kind that reads the value; the last one's error otherwise, of an object that of its own kind."""

    kinds: tuple[Kind, ...] = field(default=())
    required: bool = False

    def read(self, raw: Tree | str, name: str) -> Any:
        if isinstance(self.kinds[-1], Group) and not isinstance(raw, dict):
            return self.kinds[0].read(raw, name)
        for kind in self.kinds[:-1]:
            try:
                return kind.read(raw, name)
            except BadParameter:
                continue
        return self.kinds[-1].read(raw, name)


def check_size(amount: int, currency: str, *, param: str = "amount") -> None:
    """Refuse a payment of too little or too much; unknown currencies are others' business."""
    currency = currency.lower()
    least = LEAST.get(currency, 1)
    if amount < least:
        raise BadParameter(
            f"Amount must be at least {money(least, currency)} {currency}", param=param, code="amount_too_small"
        )
    if amount > MOST:
        raise BadParameter(f"Amount must be no more than {money(MOST, currency)}", param=param, code="amount_too_large")


def refuse_both(params: Mapping[str, Any], *names: str, param: str) -> None:
    """Parameters that exclude each other; ``param`` is the one that the refusal names."""
    if all(name in params for name in names):
        raise exclusive(*names, param=param)


def read_params(raw: Tree, known: Mapping[str, Kind], *, within: str = "") -> dict[str, Any]:
    """Values of all given parameters; raises BadParameter for unknown, missing and malformed ones."""
    strange = [_full(name, within) for name in raw if name not in known]
    if strange:
        near = get_close_matches(strange[0], [_full(name, within) for name in known], 1, 0.8)
        meant = f". Did you mean {near[0]}?" if near and len(strange) == 1 else ""
        raise BadParameter(
            f"Received unknown parameter{'s' if len(strange) > 1 else ''}: {', '.join(strange)}{meant}",
            param=strange[0], code="parameter_unknown",
        )  # fmt: skip
    for name, kind in known.items():
        if kind.required and name not in raw:
            raise absent(_full(name, within))
    return {name: known[name].read(value, _full(name, within)) for name, value in raw.items()}


def merged(old: dict[str, str], given: dict[str, str] | None) -> dict[str, str]:
    """Metadata after an update: new keys merged in, empty ones deleted; None deletes all."""
    if given is None:
        return {}
    found = {key: value for key, value in {**old, **given}.items() if value != ""}
    if len(found) > _MOST_KEYS:
        raise _too_many_keys(len(found), "metadata")
    return found


def _too_many_keys(count: int, name: str) -> BadParameter:
    return BadParameter(f"Metadata can have up to {_MOST_KEYS} keys, but you've set {count}.", param=name)


def _empty(name: str) -> BadParameter:
    return BadParameter(
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; however "
        f"'{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty value.",
        param=name, code="parameter_invalid_empty",
    )  # fmt: skip


def _full(name: str, within: str) -> str:
    return f"{within}[{name}]" if within else name


def _or(choices: tuple[str, ...]) -> str:
    return f"{', '.join(choices[:-1])}{',' if len(choices) > 2 else ''} or {choices[-1]}" if choices[1:] else choices[0]


EXPAND = Many(Text())
MOMENTS = EitherOr((Whole(), Group({name: Whole() for name in ("gt", "gte", "lt", "lte")})))
#: Every list knows these; most also know ``created``.
PLAIN_PAGE: Mapping[str, Kind] = {
    "limit": Whole(least=1, most=100),
    "starting_after": Text(),
    "ending_before": Text(),
    "expand": EXPAND,
}
PAGE: Mapping[str, Kind] = {**PLAIN_PAGE, "created": MOMENTS}
