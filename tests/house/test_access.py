"""Who may enter which door: every route says it, and every route means it, for a guest and for every role."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule
from werkzeug.test import TestResponse

from marketplace.core.roles import Role
from marketplace.web import access
from tests.signing_in import csrf_token, signed_in

GUEST = "guest"
#: What stands for a part of an address: an id that no table holds, a name that no file has.
_ROW, _NAME = 987654321, "khong-co"


def _address(app: Flask, rule: Rule) -> str:
    numbers = {name for name, converter in rule._converters.items() if isinstance(converter, IntegerConverter)}
    values = {name: _ROW if name in numbers else _NAME for name in rule.arguments}
    built = rule.build(values, append_unknown=False)
    assert built is not None, f"{rule.rule}: no address can be built"
    return built[1]


def _doors(app: Flask) -> Iterator[tuple[str, str, frozenset[str]]]:
    """``(method, address, who)`` of every route; streams that stay open are asked by their policy alone."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            names = access.allowed(app, rule.endpoint, method)
            assert names is not None
            yield method, _address(app, rule), names


def _may(who: str, names: frozenset[str]) -> bool:
    if names & {access.PUBLIC, access.MACHINE}:
        return True
    if who == GUEST:
        return False
    return bool(names & {access.SIGNED_IN, str(Role.BUYER), who})


def _ask(client: FlaskClient, method: str, address: str, token: str) -> TestResponse:
    return client.open(address, method=method, headers={"X-CSRFToken": token}, buffered=False)


def _problem(method: str, address: str, names: frozenset[str], answer: TestResponse, who: str) -> str | None:
    """What is wrong with an answer, or None."""
    status = answer.status_code
    to_sign_in = status == 303 and answer.headers.get("Location", "").startswith("/sign-in")
    said = f"{who}: {method} {address} ({', '.join(sorted(names))}) answered {status}"
    if status >= 500 and status != 503:
        return said
    if access.MACHINE in names:
        return said if status < 400 else None  # without its signature nobody is let in
    if _may(who, names):
        if access.PUBLIC in names:
            return None
        return said if status == 401 or to_sign_in or _refused_by_role(answer) else None
    expected = (status == 401 or to_sign_in) if who == GUEST else status == 403
    return None if expected else said


def _refused_by_role(answer: TestResponse) -> bool:
    """The guard's own 403; a door may still refuse with another code, or with 404 for what is not one's own."""
    if answer.status_code != 403:
        return False
    if answer.is_json:
        return bool(answer.json and answer.json.get("code") == "forbidden")
    return 'data-code="forbidden"' in answer.text


def test_every_route_has_a_policy(app: Flask) -> None:
    assert [row for row in access.policy(app) if row[3] is None] == []


def test_policies_name_only_known_people(app: Flask) -> None:
    known = {access.PUBLIC, access.SIGNED_IN, access.MACHINE, *map(str, Role)}
    assert [row for row in access.policy(app) if not (row[3] or frozenset()) <= known] == []


@pytest.mark.parametrize("who", [GUEST, *map(str, Role)])
def test_every_door_lets_in_whom_its_policy_names_and_nobody_else(app: Flask, who: str) -> None:
    found, asked = [], 0
    client = app.test_client() if who == GUEST else signed_in(app, Role(who))
    token = csrf_token(client)
    with client.session_transaction() as session:
        kept = dict(session)
    for method, address, names in _doors(app):
        with client.session_transaction() as session:  # a door may have signed the person out
            session.clear()
            session.update(kept)
        if address == "/sign-out":
            continue
        answer = _ask(client, method, address, token)
        problem = _problem(method, address, names, answer, who)
        answer.close()
        asked += 1
        if problem:
            found.append(problem)
    assert asked > 20
    assert found == []


def test_the_guard_is_what_keeps_people_out(app: Flask) -> None:
    """The control: with the guard off, a buyer stands in the operator's room."""
    client = signed_in(app)
    guards = app.before_request_funcs[None]
    assert client.get("/people").status_code == 403
    guards.remove(access._guard)
    try:
        assert client.get("/people").status_code == 200
    finally:
        guards.append(access._guard)


@pytest.mark.parametrize("who", [GUEST, *map(str, Role)])
def test_no_form_is_taken_without_its_token(app: Flask, who: str) -> None:
    client = app.test_client() if who == GUEST else signed_in(app, Role(who))
    taken = []
    for method, address, names in _doors(app):
        if method == "GET" or access.MACHINE in names or address.startswith("/api/"):
            continue
        status = client.open(address, method=method).status_code
        if status not in (400, 401, 403) and not (status == 303 and not _may(who, names)):
            taken.append(f"{who}: {method} {address} answered {status}")
    assert taken == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_request_sent_by_another_site_is_refused(app: Flask, method: str) -> None:
    client = signed_in(app, Role.OPERATOR)
    token = csrf_token(client)
    for found, address, names in _doors(app):
        if found != method or access.MACHINE in names:
            continue
        answer = client.open(address, method=method, headers={"X-CSRFToken": token, "Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403, f"{method} {address}"


def test_nothing_tells_other_sites_that_they_may_read(app: Flask) -> None:
    client = signed_in(app)
    for address in ("/", "/account", "/api/v1/openapi.json"):
        answer = client.get(address, headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in answer.headers
