"""The bar stays short for every role; what is left out hangs on the desk, and nothing is lost."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.core.roles import Role
from tests.signing_in import signed_in

MOST = 6


def _bar(client: FlaskClient) -> list[str]:
    return _links(client.get("/desk").text, r'<nav class="menu".*?<ul>(.*?)</ul>')


def _links(page: str, part: str) -> list[str]:
    found = re.search(part, page, re.DOTALL)
    return re.findall(r'href="([^"]+)"', found[1]) if found else []


@pytest.mark.parametrize("role", list(Role))
def test_the_bar_is_short_and_begins_with_the_desk(app: Flask, role: Role) -> None:
    bar = _bar(signed_in(app, role))
    assert bar[0] == "/desk"
    assert 3 <= len(bar) <= MOST


@pytest.mark.parametrize(
    ("role", "on_desk"),
    [
        (Role.BUYER, []),
        (
            Role.PRODUCER,
            ["/my/producers", "/my/producers/payouts", "/producer/returns", "/markets", "/orders", "/my/certificates"],
        ),
        (Role.VENDOR, ["/orders"]),
        (Role.MARKET_MANAGER, ["/orders"]),
        (Role.COMMUNE_OFFICER, ["/cart", "/markets", "/orders"]),
        (Role.PROVINCE_OFFICER, ["/cart", "/markets", "/orders"]),
        (
            Role.OPERATOR,
            [
                "/cart",
                "/markets",
                "/orders",
                "/officer/certificates",
                "/operator/producers",
                "/operator/payout-accounts",
                "/operator/fees",
                "/producer/returns",
                "/reports",
                "/markets/managed",
            ],
        ),
    ],
)
def test_what_the_bar_leaves_out_hangs_on_the_desk(app: Flask, role: Role, on_desk: list[str]) -> None:
    client = signed_in(app, role)
    hung = _links(client.get("/desk").text, r'<ul class="desk-links">(.*?)</ul>')
    assert sorted(hung) == sorted(on_desk)
    assert not set(hung) & set(_bar(client))


def test_a_guest_has_no_desk(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/desk").headers["Location"].startswith("/sign-in")
    assert 'href="/desk"' not in client.get("/").text
