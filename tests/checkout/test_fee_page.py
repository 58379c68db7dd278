"""The operator's page of fees: rules are added for today or later, what was typed stays, nobody else gets in."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from marketplace.checkout.models import FeeRule
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.roles import Role
from marketplace.ocop.models import ProductGroup
from tests.signing_in import post_form, signed_in


def _typed(**changes: str) -> dict[str, str]:
    day = f"{clock.today():%d/%m/%Y}"
    return {
        "producer_kind": "", "product_group": "food", "percent": "2,5", "valid_from": day,
        "source": "Thỏa thuận với các chủ thể", **changes,
    }  # fmt: skip


def test_a_rule_is_added_and_shown(app: Flask) -> None:
    operator = signed_in(app, Role.OPERATOR)
    assert "Chưa thỏa thuận" in operator.get("/operator/fees").text
    assert post_form(operator, "/operator/fees", _typed()).status_code == 303
    page = operator.get("/operator/fees").text
    assert "2,5\u00a0%" in page
    assert "Thỏa thuận với các chủ thể" in page
    with app.app_context():
        rule = db.session.scalars(select(FeeRule)).one()
        assert (rule.basis_points, rule.producer_kind, rule.product_group) == (250, None, ProductGroup.FOOD)


def test_the_rates_of_the_law_are_shown_with_their_decree(app: Flask) -> None:
    page = signed_in(app, Role.OPERATOR).get("/operator/fees").text
    for word in ("117/2025/NĐ-CP", "1\u00a0%", "0,5\u00a0%", "3\u00a0%", "1,5\u00a0%"):
        assert word in page


def test_a_wrong_rule_is_refused_beside_its_field_and_kept(app: Flask) -> None:
    operator = signed_in(app, Role.OPERATOR)
    yesterday = f"{clock.today() - timedelta(days=1):%d/%m/%Y}"
    wrong = [
        {"percent": "mười"},
        {"percent": "50,01"},
        {"valid_from": yesterday},
        {"source": ""},
        {"product_group": "x"},
    ]
    for change in wrong:
        answer = post_form(operator, "/operator/fees", _typed(**change))
        assert answer.status_code == 422, change
        assert "invalid-feedback" in answer.text
        kept = change.get("source", _typed()["source"])
        assert kept in answer.text
    with app.app_context():
        assert db.session.scalars(select(FeeRule)).all() == []


def test_only_the_operator_sees_the_fees(app: Flask) -> None:
    for role in (Role.BUYER, Role.PRODUCER, Role.COMMUNE_OFFICER):
        assert signed_in(app, role).get("/operator/fees").status_code == 403
