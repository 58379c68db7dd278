"""Form bodies and queries as Stripe nests them: ``a[b][c]=x``, ``a[]=x``, ``a[0]=x``."""

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from .errors import BadParameter

#: A form as nested dicts; the leaves are strings.
Tree: TypeAlias = dict[str, Any]

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST = 6
_MOST = 1000


def nest(pairs: Iterable[tuple[str, str]]) -> Tree:
    """Pairs of a form as a tree of dicts; lists are dicts with the keys "0", "1", ... Raises BadParameter."""
    tree: Tree = {}
    for count, (key, value) in enumerate(pairs):
        match = _KEY.fullmatch(key)
        path = [match[1], *_PART.findall(match[2])] if match else [key]
        if count >= _MOST or len(path) > _DEEPEST:
            raise BadParameter(f"Invalid request: {key[:60]} is nested too deeply, or too much was sent.", param=None)
        _plant(tree, path, value)
    return tree


def _plant(tree: Tree, path: list[str], value: str) -> None:
    for at, part in enumerate(path):
        name = part or _next(tree, path[at + 1 :])
        if at == len(path) - 1:
            if isinstance(tree.get(name), dict):
                raise _clash(path[0])
            tree[name] = value
            return
        branch = tree.setdefault(name, {})
        if not isinstance(branch, dict):
            raise _clash(path[0])
        tree = branch


def _next(tree: Tree, rest: list[str]) -> str:
    """The place in a list that ``[]`` stands for: ``a[][x]`` and then ``a[][y]`` speak of the same item."""
    last = tree.get(str(len(tree) - 1))
    goes_on = rest and rest[0] and isinstance(last, dict) and not _holds(last, rest)
    return str(len(tree) - 1 if goes_on else len(tree))


def _holds(tree: Any, path: list[str]) -> bool:
    """True when the tree has something at this place, as ``a[][b][c]`` after ``a[][b][c]`` begins a new item."""
    for part in path:
        if not isinstance(tree, dict) or part not in tree:
            return False
        tree = tree[part]
    return True


def _clash(name: str) -> BadParameter:
    return BadParameter(f"Invalid request: {name} is given both as a value and as an object.", param=name)
