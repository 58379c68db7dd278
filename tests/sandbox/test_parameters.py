"""Whatever a parameter may not be by Stripe's document, the sandbox refuses and names it: every call, every member."""

from collections.abc import Iterator
from typing import Any

import pytest

from marketplace.sandbox.stripe.errors import BadParameter
from marketplace.sandbox.stripe.form import nest
from marketplace.sandbox.stripe.routes import ROUTES, Route
from tests.sandbox import judge

#: Wrong for the kind, by what a schema calls it.
_WRONG = {
    "string": ("[x]",),
    "integer": ("=x", "=1.5", "[x]"),
    "number": ("=x", "[x]"),
    "boolean": ("=x", "[x]"),
    "array": ("=x",),
    "object": ("=x",),
}
_DEEPEST = 5
#: What is kept as it came, and what is judged by its meaning after it was read.
_ELSEWHERE = ("external_account", "full_name_aliases", "[klarna][preferred_locale]", "enabled_events", "api_version")


def probes(name: str, schema: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Forms ``(name, value)`` that a parameter's schema excludes."""
    choices = [each for each in schema.get("anyOf", (schema,)) if each.get("enum") != [""]]
    if len(choices) > 1:  # several shapes: of the object among them what it does not know is wrong
        choices = [each for each in choices if each.get("type") == "object"]
    for choice in choices:
        kind = choice.get("type")
        if kind != "object" or len(schema.get("anyOf", ())) < 2:
            for wrong in _WRONG.get(kind, ()):
                yield (f"{name}[x]", "1") if wrong == "[x]" else (name, wrong[1:])
        if choice.get("enum"):
            yield name, "x_wrong"
        if "maxLength" in choice:
            yield name, "x" * (choice["maxLength"] + 1)
        if depth < _DEEPEST:
            if kind == "array":
                yield from probes(f"{name}[0]", choice["items"], depth + 1)
            members = choice.get("properties") or {}
            if members:
                yield f"{name}[x_unknown]", "1"
            for member, inner in members.items():
                yield from probes(f"{name}[{member}]", inner, depth + 1)


def is_refused(route: Route, top: str, name: str, value: str) -> bool:
    """Whether the parameter's kind refuses the form and names it, a part of it, or another one that is missing."""
    try:
        route.params[top].read(nest([(name, value)])[top], top)
    except BadParameter as refusal:
        named = str(refusal.error.get("param", name))
        is_near = name.startswith(named) or named.startswith(name.removesuffix("[x]"))
        return is_near or refusal.error.get("code") == "parameter_missing"
    return False


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_what_the_document_excludes_is_refused(route: Route) -> None:
    stripe = judge.load()
    if stripe is None:
        pytest.skip("Stripe's OpenAPI document is not here")
    operation = stripe.operation(route.method, "http://x/v1" + route.path.replace("<", "").replace(">", ""))
    asked = stripe.parameters(*operation) if operation else {}
    assert [name for name in asked if name not in route.params] == []
    taken = [
        (name, value[:20])
        for top, schema in asked.items()
        for name, value in probes(top, schema)
        if not any(word in name for word in _ELSEWHERE) and not is_refused(route, top, name, value)
    ]
    assert taken == []
