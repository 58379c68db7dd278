"""What a buyer and a producer read of a link: works, broken, unknown, each with a way on."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.catalogue.models import TraceLink
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from marketplace.trace import services
from marketplace.trace.calling import Called
from marketplace.trace.models import CallAnswer, LinkStatus
from marketplace.trace.queries import OFFLINE
from tests.factories.shelf import make_shelf
from tests.signing_in import signed_in


@pytest.fixture
def product(app: Flask) -> tuple[int, int, str]:
    """Ids of a product on the shelf and of its link to a portal, and the public code of its lot."""
    with app.app_context(), transaction():
        shelf = make_shelf()
        assert shelf.lot is not None
        link = TraceLink(
            product_id=shelf.product.id,
            url="https://check.hanoi.gov.vn/p/1",
            host="check.hanoi.gov.vn",
            added_at=clock.now(),
        )
        db.session.add(link)
        db.session.flush()
        services.record_check(link.id, LinkStatus.OK, OFFLINE)
        return shelf.product.id, link.id, shelf.lot.trace_code


@pytest.mark.parametrize(
    ("called", "words", "state", "has_way_on"),
    [
        (None, "chưa biết", "unknown", True),
        (Called(CallAnswer.WORKS, 200), "Trang truy xuất mở được", "works", False),
        (Called(CallAnswer.GONE, 404), "Trang của cổng không mở được", "broken", True),
    ],
)
def test_a_buyer_reads_how_the_link_stands(
    app: Flask,
    client: FlaskClient,
    product: tuple[int, int, str],
    called: Called | None,
    words: str,
    state: str,
    has_way_on: bool,
) -> None:
    client.get(f"/products/{product[0]}", follow_redirects=True)  # a remembered page must not outlive the call
    if called is not None:
        with app.app_context(), transaction():
            services.record_call(product[1], called)
    page = client.get(f"/products/{product[0]}", follow_redirects=True).text
    assert words in page
    assert ("Hồ sơ truy xuất của sàn cho biết nơi làm ra" in page) is has_way_on
    assert f"/t/{product[2]}" in page
    shown = client.get(f"/api/v1/products/{product[0]}").get_json()["trace_link_states"]
    assert [(link["url"], link["state"]) for link in shown] == [("https://check.hanoi.gov.vn/p/1", state)]


def test_a_producer_is_told_which_link_is_broken_and_what_to_do(app: Flask, product: tuple[int, int, str]) -> None:
    with app.app_context():
        producer_id = db.session.get_one(TraceLink, product[1]).product.producer_id
    member = signed_in(app, Role.PRODUCER, subject_id=producer_id)
    assert "https://check.hanoi.gov.vn/p/1" not in member.get("/my/products").text
    with app.app_context(), transaction():
        services.record_call(product[1], Called(CallAnswer.GONE, 410))
    page = member.get("/my/products").text
    assert "1 sản phẩm cần bạn xem lại" in page
    assert "https://check.hanoi.gov.vn/p/1" in page and "cổng trả lời lỗi 410" in page
    assert "cổng trả lời lỗi 410" in member.get(f"/my/products/{product[0]}").text
