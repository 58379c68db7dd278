"""Public pages that say the same to every stranger are made once for each state of what they show.

A view marked ``@remember`` is asked again only after its mark has changed (by default the mark of the whole database:
somebody committed anything), and at the latest when the minute changes: goods promised to an unpaid order come back by
the clock alone. Only guests with nothing in their session are served from here; each gets a forgery token of their own
in the place of the first one.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request, session
from flask_babel import get_locale
from flask_wtf.csrf import generate_csrf

from marketplace.core import clock

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__remembered__"
_CSRF = "csrf_token"


def remember(by: Callable[..., object]) -> Callable[[F], F]:
    """Declare that the page depends on its address, the language and on what ``by`` marks, and on nothing else.

    ``by`` gets the values of the address; two equal marks promise two equal pages within a minute.
    """

    def marked(view: F) -> F:
        setattr(view, _MARK, by)
        return view

    return marked


def register(app: Flask) -> None:
    """Look before every marked view, keep after it. Call last: who may enter has been decided by then."""
    app.extensions["page_memory"] = PageMemory(app.config["PAGE_MEMORY_MB"] * 1024 * 1024)
    app.before_request(_recall)
    app.after_request(_keep)


@dataclass(frozen=True)
class Page:
    """A page cut at its forgery tokens, and what kind of text it is."""

    pieces: tuple[bytes, ...]
    content_type: str

    @property
    def size(self) -> int:
        """Bytes held."""
        return sum(len(piece) for piece in self.pieces)


class PageMemory:
    """Pages by key, each of one ``edition`` (a state of what it shows); the least used go when ``room`` is full."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._pages: OrderedDict[str, tuple[object, Page]] = OrderedDict()
        self._used = 0
        self._lock = threading.Lock()

    def find(self, edition: object, key: str) -> Page | None:
        """The page, or None; one of another edition is forgotten."""
        with self._lock:
            held = self._pages.get(key)
            if held is None:
                return None
            if held[0] != edition:
                self._drop(key)
                return None
            self._pages.move_to_end(key)
            return held[1]

    def keep(self, edition: object, key: str, page: Page) -> None:
        """Hold the page as that of ``edition``, unless it is larger than all the room."""
        if page.size > self.room:
            return
        with self._lock:
            if key in self._pages:
                self._drop(key)
            self._pages[key] = (edition, page)
            self._used += page.size
            while self._used > self.room:
                self._drop(next(iter(self._pages)))

    def _drop(self, key: str) -> None:
        self._used -= self._pages.pop(key)[1].size


def _recall() -> Response | None:
    memory: PageMemory = current_app.extensions["page_memory"]
    mark = getattr(current_app.view_functions.get(request.endpoint or ""), _MARK, None)
    if mark is None or not memory.room or not _is_for_everybody():
        return None
    minute = clock.now().replace(second=0, microsecond=0)
    edition, key = (mark(**(request.view_args or {})), minute), f"{get_locale()} {request.url}"
    page = memory.find(edition, key)
    if page is None:
        g.page_to_keep = (edition, key)
        return None
    between = generate_csrf().encode() if len(page.pieces) > 1 else b""
    return Response(between.join(page.pieces), content_type=page.content_type)


def _is_for_everybody() -> bool:
    """Asked for by a guest of whom the session knows nothing but the forgery token."""
    is_plain = request.method == "GET" and "lang" not in request.args and "Authorization" not in request.headers
    return is_plain and not session.keys() - {_CSRF}


def _keep(response: Response) -> Response:
    place = g.pop("page_to_keep", None)
    is_whole = response.status_code == 200 and not response.is_streamed and "Set-Cookie" not in response.headers
    if place and is_whole and not session.keys() - {_CSRF}:
        token = g.get(_CSRF)
        body = response.get_data()
        pieces = tuple(body.split(str(token).encode())) if token else (body,)
        current_app.extensions["page_memory"].keep(*place, Page(pieces, response.content_type))
    return response
