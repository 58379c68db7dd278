"""Who may enter which door. Every route names its roles with ``allow``; a route without them stops the start."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.views import MethodView
from werkzeug.exceptions import Forbidden, Unauthorized

from marketplace.core.roles import Role
from marketplace.web import auth

F = TypeVar("F", bound=Callable[..., Any] | type)

#: Anybody, signed in or not.
PUBLIC = "public"
#: Anybody who is signed in.
SIGNED_IN = "signed_in"
#: Another machine that proves itself inside the door (a signed webhook).
MACHINE = "machine"

_MARK = "__allowed__"
#: Doors that libraries open: files without secrets and the description of the API.
_OF_LIBRARIES = ("static", "bootstrap.static", "api-docs.openapi_json")


def allow(*who: str) -> Callable[[F], F]:
    """Declare who may enter: ``PUBLIC``, ``SIGNED_IN``, ``MACHINE`` or roles. Put it nearest to the function.

    On a ``MethodView`` put it on the class, or on single methods that differ.
    """
    if not who:
        raise ValueError("allow() needs at least one role")

    def mark(view: F) -> F:
        setattr(view, _MARK, frozenset(str(name) for name in who))
        return view

    return mark


def allowed(app: Flask, endpoint: str, method: str) -> frozenset[str] | None:
    """The names that may enter ``endpoint`` by ``method``; None when the route declares nothing."""
    view: Any = app.view_functions[endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is not None and issubclass(view_class, MethodView):
        handler = getattr(view_class, "get" if method == "HEAD" else method.lower(), None)
        return getattr(handler, _MARK, None) or getattr(view_class, _MARK, None)
    return getattr(view, _MARK, None)


def policy(app: Flask) -> Iterator[tuple[str, str, str, frozenset[str] | None]]:
    """Rows ``(endpoint, method, rule, names)`` of the whole policy table, one per route and method."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, rule.rule, allowed(app, rule.endpoint, method)


def register(app: Flask) -> None:
    """Guard every request by the policy. Call after all doors are registered: an undeclared route raises."""
    for endpoint in _OF_LIBRARIES:
        if endpoint in app.view_functions:
            app.view_functions[endpoint] = _public_copy(app.view_functions[endpoint])
    missing = [f"{method} {rule} ({endpoint})" for endpoint, method, rule, names in policy(app) if names is None]
    if missing:
        raise RuntimeError("routes without a policy: " + ", ".join(missing))
    app.before_request(_guard)


def _public_copy(view: Callable[..., Any]) -> Callable[..., Any]:
    def serve(**values: Any) -> Any:
        return view(**values)

    return allow(PUBLIC)(serve)


def _guard() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # 404 and 405 have no door
    names = allowed(current_app, request.endpoint, request.method)
    if names is None:
        if request.method == "OPTIONS":
            return None
        raise Forbidden
    if PUBLIC in names or MACHINE in names:
        return None
    user = auth.current_user()
    if user is None:
        return _ask_to_sign_in()
    if SIGNED_IN in names or Role.BUYER in names or names & {str(role) for role in user.roles}:
        return None
    raise Forbidden


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.path.startswith("/api/"):
        raise Unauthorized
    target = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("accounts.sign_in", next=target or None), 303)
