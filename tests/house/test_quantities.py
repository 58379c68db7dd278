"""Only the room ``inventory`` writes what a lot holds and what is promised of it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import marketplace

PACKAGE = Path(marketplace.__file__).resolve().parent
QUANTITIES = {"on_hand", "reserved"}


def _written(tree: ast.AST) -> Iterator[int]:
    """Lines that assign ``x.on_hand``, or hand ``on_hand=`` to ``values(…)``, ``Lot(…)`` or an ``update``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (t.lineno for t in targets if isinstance(t, ast.Attribute) and t.attr in QUANTITIES)
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            named = {keyword.arg for keyword in node.keywords}
            if called in {"values", "Lot", "update", "setattr"} and named & QUANTITIES:
                yield node.lineno
            if called == "setattr" and any(isinstance(a, ast.Constant) and a.value in QUANTITIES for a in node.args):
                yield node.lineno


def test_no_other_room_writes_quantities() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] != "inventory"
        for line in _written(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_the_guard_sees_every_way_of_writing() -> None:
    ways = (
        "lot.on_hand = 1",
        "lot.reserved += 1",
        "update(Lot).values(reserved=0)",
        "Lot(on_hand=1)",
        "setattr(lot, 'on_hand', 1)",
    )
    assert [way for way in ways if not list(_written(ast.parse(way)))] == []
    assert list(_written(ast.parse("free = lot.on_hand - lot.reserved"))) == []
