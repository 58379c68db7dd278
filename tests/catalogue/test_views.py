"""Pages of products: writing, approval with reasons, versions, and walls between neighbours (P06 to P08, S8)."""

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.catalogue import queries
from marketplace.catalogue.models import Product, ProductState
from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from tests.factories.catalogue import make_product
from tests.factories.files import draw
from tests.factories.ocop import CertificateFactory
from tests.factories.producers import province
from tests.signing_in import post_form, signed_in

TYPED: dict[str, Any] = {
    "name": "Gạo Nàng Hương",
    "description": "Gạo thơm trồng một vụ.",
    "story": "",
    "province": "91",
    "commune": "30682",
    "planting_area_code": "VN-AGOR-0123",
    "packs-0-label": "Túi 1 kg",
    "packs-0-price": "120.000",
    "packs-0-net_weight_grams": "1000",
    "packs-0-is_offered": "y",
    "packs-1-label": "",
    "packs-1-price": "",
    "trace_links-0": "https://truyxuat.gov.vn/sp/1",
}


@pytest.fixture
def own(app: Flask) -> tuple[int, int]:
    """Producer and recognised product, with a valid certificate."""
    with app.app_context(), transaction():
        recognised = CertificateFactory().ocop_product
        return recognised.producer_id, recognised.id


@pytest.fixture
def member(app: Flask, own: tuple[int, int]) -> FlaskClient:
    return signed_in(app, Role.PRODUCER, subject_id=own[0])


def officer(app: Flask, code: str = "91", name: str = "An Giang") -> FlaskClient:
    with app.app_context(), transaction():
        unit_id = province(code, name).id
    return signed_in(app, Role.PROVINCE_OFFICER, unit_id=unit_id)


def create(member: FlaskClient, own: tuple[int, int], **values: Any) -> Any:
    data = {**TYPED, "ocop_product": str(own[1]), **values}
    return post_form(member, f"/my/producers/{own[0]}/products/new", data, content_type="multipart/form-data")


def product(app: Flask, product_id: int = 1) -> Product:
    with app.app_context():
        found = queries.get_product(product_id)
        db.session.expunge_all()
    return found


def test_the_empty_form_can_be_sent_as_the_browser_sends_it(
    app: Flask, member: FlaskClient, own: tuple[int, int]
) -> None:
    page = member.get(f"/my/producers/{own[0]}/products/new").text
    hidden = re.search(r'name="version" type="hidden" value="(\d*)"', page)
    assert hidden
    assert create(member, own, version=hidden[1]).status_code == 303


def test_from_draft_to_sale_with_reasons(app: Flask, member: FlaskClient, own: tuple[int, int]) -> None:
    assert create(member, own).status_code == 303
    assert product(app).state == ProductState.DRAFT
    approver = officer(app)
    assert approver.get("/review/products/1").status_code == 404

    answer = post_form(member, "/my/products/1", {**_as_shown(app), "submit_now": "1"})
    assert answer.status_code == 303
    assert "Gạo Nàng Hương" in approver.get("/review/products").text
    version = str(product(app).version)

    refused = post_form(approver, "/review/products/1/changes", {"version": version, "note": " "})
    assert "Vui lòng ghi rõ điều cần sửa" in refused.text
    assert product(app).state == ProductState.SUBMITTED
    post_form(approver, "/review/products/1/changes", {"version": version, "note": "Thiếu ảnh nhãn"})
    assert product(app).state == ProductState.CHANGES_WANTED
    assert "Thiếu ảnh nhãn" in member.get("/my/products").text
    assert "Thiếu ảnh nhãn" in member.get("/my/products/1").text

    post_form(member, "/my/products/1", {**_as_shown(app), "submit_now": "1"})
    version = str(product(app).version)
    assert post_form(approver, "/review/products/1/approve", {"version": version}).status_code == 303
    assert product(app).state == ProductState.APPROVED
    history = member.get("/my/products/1/history").text
    for step in ("Tạo bản nháp", "Gửi duyệt", "Yêu cầu sửa lại", "Thiếu ảnh nhãn", "Đã duyệt"):
        assert step in history


def _as_shown(app: Flask, **values: Any) -> dict[str, Any]:
    now = product(app)
    with app.app_context():
        packs = queries.get_product(now.id).packs
        ids = {f"packs-{place}-id": str(pack.id) for place, pack in enumerate(packs)}
    return {**TYPED, **ids, "version": str(now.version), **values}


@pytest.mark.parametrize(
    ("wrong", "value", "said"),
    [
        ("trace_links-0", "https://evil.example/x", "không phải cổng truy xuất"),
        ("trace_links-0", "https://id.gs1.org/01/09506000134353", "số cuối phải là 2"),
        ("planting_area_code", "abc", "Mã số vùng trồng"),
        ("packs-0-price", "abc", "invalid-feedback"),
        ("name", "", "invalid-feedback"),
        ("ocop_product", "", "invalid-feedback"),
    ],
)
def test_what_was_typed_stays(
    app: Flask, member: FlaskClient, own: tuple[int, int], wrong: str, value: str, said: str
) -> None:
    answer = create(member, own, **{wrong: value})
    assert answer.status_code == 200
    assert said in answer.text
    assert "Gạo thơm trồng một vụ." in answer.text
    with app.app_context():
        assert queries.list_own_products([own[0]]) == []


def test_stars_and_a_neighbours_recognition_cannot_be_typed(
    app: Flask, member: FlaskClient, own: tuple[int, int]
) -> None:
    with app.app_context(), transaction():
        neighbours = CertificateFactory().ocop_product.id
    assert create(member, own, ocop_product=str(neighbours), stars="5").status_code == 404
    with app.app_context():
        assert queries.list_own_products([own[0]]) == []


def test_a_picture_stays_in_the_form_when_something_else_is_wrong(
    app: Flask, client: FlaskClient, member: FlaskClient, own: tuple[int, int]
) -> None:
    sent = {"photo": (BytesIO(draw(800, 600)), "anh.jpg"), "photo_text": "Một túi gạo", "name": ""}
    answer = create(member, own, **sent)
    assert answer.status_code == 200
    assert "Một túi gạo" in answer.text
    with app.app_context():
        from marketplace.files.models import StoredFile

        sha256 = db.session.query(StoredFile.sha256).scalar()
    assert f"/files/{sha256}-480.jpg" in answer.text
    row = {"photos-0-sha256": sha256, "photos-0-alternative_text": "Một túi gạo", "photos-0-position": "1"}
    assert create(member, own, **row).status_code == 303
    with app.app_context():
        assert [photo.alternative_text for photo in queries.get_product(1).photos] == ["Một túi gạo"]
    assert client.get(f"/files/{sha256}.jpg").status_code == 200


@pytest.mark.parametrize("content", [b"<html><script>", b"", b"<svg onload='x'/>"])
def test_what_is_no_picture_is_refused_beside_its_field(
    app: Flask, member: FlaskClient, own: tuple[int, int], content: bytes
) -> None:
    answer = create(member, own, photo=(BytesIO(content), "anh.jpg"))
    assert answer.status_code == 200
    assert "invalid-feedback" in answer.text


def test_the_second_of_two_editors_sees_the_newest_and_the_own_words(
    app: Flask, member: FlaskClient, own: tuple[int, int]
) -> None:
    create(member, own)
    old = _as_shown(app)
    assert post_form(member, "/my/products/1", {**old, "description": "Bản thứ nhất"}).status_code == 303
    late = post_form(member, "/my/products/1", {**old, "description": "Bản thứ hai"})
    assert late.status_code == 409
    assert "Bản thứ nhất" in late.text
    assert "Bản thứ hai" in late.text
    assert product(app).description == "Bản thứ nhất"


def test_buyers_keep_the_old_version_until_approval(app: Flask, member: FlaskClient, own: tuple[int, int]) -> None:
    create(member, own, submit_now="1")
    approver = officer(app)
    post_form(approver, "/review/products/1/approve", {"version": str(product(app).version)})
    post_form(member, "/my/products/1", _as_shown(app, name="Gạo mới"))
    assert product(app).name == "Gạo Nàng Hương"
    assert post_form(member, "/my/products/1", _as_shown(app, name="Gạo khác")).status_code == 409
    page = approver.get("/review/products/1").text
    assert "Gạo mới" in page
    post_form(approver, "/review/products/1/approve", {"version": str(product(app).version)})
    assert product(app).name == "Gạo mới"


def test_pausing_is_one_tap(app: Flask) -> None:
    with app.app_context(), transaction():
        listed = make_product()
        ids = listed.id, listed.producer_id
    member = signed_in(app, Role.PRODUCER, subject_id=ids[1])
    assert post_form(member, f"/my/products/{ids[0]}/pause").status_code == 303
    assert product(app, ids[0]).state == ProductState.PAUSED
    assert "Tạm ngừng" in member.get("/my/products").text


def _every_door(person: FlaskClient, product_id: int) -> list[int]:
    posts = ["", "/pause", "/resume", "/archive", "/discard"]
    answers = [person.get(f"/my/products/{product_id}{path}").status_code for path in ("", "/history")]
    data = {**TYPED, "version": "1"}
    return answers + [post_form(person, f"/my/products/{product_id}{path}", data).status_code for path in posts]


def test_a_neighbours_product_answers_like_a_missing_one(app: Flask, member: FlaskClient) -> None:
    with app.app_context(), transaction():
        neighbours = make_product()
        found, name = neighbours.id, neighbours.name
    assert _every_door(member, found) == _every_door(member, 999_999) == [404] * 7
    assert name not in member.get("/my/products").text
    assert product(app, found).state == ProductState.APPROVED


def test_the_wall_is_what_keeps_neighbours_out(
    app: Flask, member: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: with the scope switched off the neighbour gets in, so the test above sees the scope."""
    with app.app_context(), transaction():
        found = make_product().id
    monkeypatch.setattr(queries, "get_own_product", lambda product_id, own_ids: queries.get_product(product_id))
    assert _every_door(member, found)[0] == 200
    assert product(app, found).state != ProductState.APPROVED


def test_an_officer_of_another_province_finds_nothing(app: Flask, member: FlaskClient, own: tuple[int, int]) -> None:
    create(member, own, submit_now="1")
    stranger = officer(app, "01", "Hà Nội")
    assert "Gạo Nàng Hương" not in stranger.get("/review/products").text
    for wanted in (1, 999_999):
        assert stranger.get(f"/review/products/{wanted}").status_code == 404
        assert post_form(stranger, f"/review/products/{wanted}/approve", {"version": "2"}).status_code == 404
    assert product(app).state == ProductState.SUBMITTED


@pytest.mark.parametrize("role", [Role.BUYER, Role.PRODUCER, Role.COMMUNE_OFFICER])
def test_nobody_else_approves(app: Flask, member: FlaskClient, own: tuple[int, int], role: Role) -> None:
    create(member, own, submit_now="1")
    person = signed_in(app, role, subject_id=own[0] if role == Role.PRODUCER else None)
    assert post_form(person, "/review/products/1/approve", {"version": "2"}).status_code == 403
    assert product(app).state == ProductState.SUBMITTED


@pytest.mark.parametrize(("language", "said"), [("vi", "trong khoảng 20% so với"), ("en", "within 20 % of")])
def test_the_form_speaks_of_per_cent_in_both_languages(
    member: FlaskClient, own: tuple[int, int], language: str, said: str
) -> None:
    assert said in member.get(f"/my/producers/{own[0]}/products/new?lang={language}").text
