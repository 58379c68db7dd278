"""Where a form may lead back to: a path of this site, nothing else (S51)."""

import re

#: One slash and then a path: no second slash or backslash, no dots that climb, no blank or invisible character.
_OWN_PATH = re.compile(r"/(?![/\\])(?:(?!//|\\|\.\./)[^\s\x00-\x1f\x7f])*")


def own_path(target: str | None, fallback: str = "/") -> str:
    """``target`` when it is a path (with query) of this site, else ``fallback``."""
    text = target or ""
    path = text.partition("?")[0]
    is_own = _OWN_PATH.fullmatch(path) and text.isprintable() and "\\" not in text and len(text) <= 2000
    return text if is_own else fallback
