"""Pages of certificates: officers record, the public reads, evidence stays among those concerned."""

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from marketplace.ocop.models import Certificate, CertificateState, OcopProduct
from tests.factories.files import make_evidence
from tests.factories.ocop import CertificateFactory, OcopProductFactory
from tests.factories.producers import ProducerFactory, commune, province
from tests.signing_in import post_form, signed_in

TYPED: dict[str, Any] = {
    "stars": "4",
    "score": "78,66",
    "decision_number": "2585/QĐ-UBND",
    "decided_on": "28/12/2025",
    "issued_on": "",
    "authority_level": "province",
    "authority_name": "UBND tỉnh An Giang",
    "name": "",
    "group": "",
}


@pytest.fixture
def product(app: Flask) -> OcopProduct:
    with app.app_context(), transaction():
        made = OcopProductFactory()
        province("01", "Hà Nội")
        db.session.refresh(made)
        db.session.expunge(made)
    assert isinstance(made, OcopProduct)
    return made


def officer_of(app: Flask, code: str = "91") -> FlaskClient:
    with app.app_context():
        unit_id = province(code).id
    return signed_in(app, Role.PROVINCE_OFFICER, unit_id=unit_id)


def send(client: FlaskClient, product: OcopProduct, **values: Any) -> Any:
    data = {**TYPED, "ocop_product": str(product.id), **values}
    return post_form(
        client,
        f"/officer/producers/{product.producer_id}/certificates/new",
        data,
        content_type="multipart/form-data",
    )


def states(app: Flask) -> list[str]:
    with app.app_context():
        return [str(state) for state in db.session.scalars(select(Certificate.state).order_by(Certificate.id))]


def test_an_officer_records_a_certificate_with_its_evidence(
    app: Flask, client: FlaskClient, product: OcopProduct
) -> None:
    officer = officer_of(app)
    answer = send(officer, product, evidence=(BytesIO(b"%PDF-1.7\n"), "quyết định.pdf"))
    assert answer.status_code == 303
    assert states(app) == ["awarded"]
    page = client.get("/certificates/1")
    assert page.status_code == 200
    for said in ("2585/QĐ-UBND", "28/12/2025", "UBND tỉnh An Giang", "27/12/2028", "78,66"):
        assert said in page.text
    listed = client.get("/api/v1/certificates?commune=30682&valid_on=2026-11-22").get_json()["items"]
    assert [(row["stars"], row["score"], row["expires_on"]) for row in listed] == [(4, "78.66", "2028-12-28")]
    assert client.get("/api/v1/certificates?valid_on=2028-12-28").get_json()["items"] == []
    assert client.get("/api/v1/certificates/1").get_json()["decision_number"] == "2585/QĐ-UBND"


@pytest.mark.parametrize("stars", ["2", "4.5", "5 sao (đề xuất)", "", "6"])
def test_other_stars_are_refused_and_what_was_typed_stays(app: Flask, product: OcopProduct, stars: str) -> None:
    answer = send(officer_of(app), product, stars=stars)
    assert answer.status_code == 200
    assert "Vui lòng chọn 3, 4 hoặc 5 sao" in answer.text
    assert "2585/QĐ-UBND" in answer.text
    assert states(app) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"score": "69,99"}, "Số điểm này không ứng với 4 sao"),
        ({"authority_level": "district"}, "do cấp khác công nhận"),
        ({"decided_on": "31/02/2026"}, "21/11/2026"),
        ({"ocop_product": "999"}, "Không tìm thấy sản phẩm OCOP này"),
        ({"ocop_product": "0"}, "invalid-feedback"),
        ({"evidence": (BytesIO(b"<html>"), "x.pdf")}, "PDF hoặc ảnh"),
    ],
)
def test_other_faults_are_said_beside_the_field(
    app: Flask, product: OcopProduct, values: dict[str, Any], said: str
) -> None:
    answer = send(officer_of(app), product, **values)
    assert answer.status_code == 200
    assert said in answer.text
    assert states(app) == []


def test_an_overlap_is_refused_until_it_is_said_to_replace(app: Flask, product: OcopProduct) -> None:
    officer = officer_of(app)
    send(officer, product)
    renewed = {"decision_number": "9/QĐ-UBND", "decided_on": "01/06/2026"}
    assert "thay thế chứng nhận cũ" in send(officer, product, **renewed).text
    assert send(officer, product, **renewed, replaces="y").status_code == 303
    assert states(app) == ["superseded", "awarded"]


def test_a_product_recognised_for_the_first_time_is_added(app: Flask, product: OcopProduct) -> None:
    values = {"ocop_product": "0", "name": "Mật ong", "group": "food", "province": "91", "commune": "30682"}
    assert send(officer_of(app), product, **values).status_code == 303
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(OcopProduct)) == 2


def test_an_odd_decision_number_is_a_warning_only(app: Flask, product: OcopProduct) -> None:
    officer = officer_of(app)
    answer = send(officer, product, decision_number="2585 của tỉnh")
    assert answer.status_code == 303
    assert "thường có dạng" in officer.get(answer.headers["Location"]).text


def test_five_stars_of_an_officer_wait_for_the_operator(app: Flask, client: FlaskClient, product: OcopProduct) -> None:
    five = {"stars": "5", "score": "", "authority_level": "centre", "authority_name": "Bộ Nông nghiệp và Môi trường"}
    assert send(officer_of(app), product, **five).status_code == 303
    assert states(app) == ["proposed"]
    assert client.get("/certificates/1").status_code == 404
    assert client.get("/api/v1/certificates/1").status_code == 404
    operator = signed_in(app, Role.OPERATOR)
    assert post_form(operator, "/officer/certificates/1/award").status_code == 303
    assert states(app) == ["awarded"]


def test_another_provinces_officer_finds_nothing(app: Flask, product: OcopProduct) -> None:
    with app.app_context(), transaction():
        CertificateFactory(ocop_product=db.session.get_one(OcopProduct, product.id))
    stranger = officer_of(app, "01")
    assert send(stranger, product, decision_number="1/QĐ-UBND").status_code == 404
    assert stranger.get("/officer/certificates/1").status_code == 404
    assert (
        post_form(stranger, "/officer/certificates/1/withdraw", {"reason": "x", "ended_on": "22/11/2026"}).status_code
        == 404
    )
    assert product.name not in stranger.get("/officer/certificates").text
    assert product.name in officer_of(app).get("/officer/certificates").text
    assert states(app) == ["awarded"]


@pytest.mark.parametrize("role", [Role.PRODUCER, Role.COMMUNE_OFFICER, Role.BUYER])
def test_producers_and_communes_never_record(app: Flask, product: OcopProduct, role: Role) -> None:
    place = product.commune_id if role == Role.COMMUNE_OFFICER else None
    subject = product.producer_id if role == Role.PRODUCER else None
    person = signed_in(app, role, unit_id=place, subject_id=subject)
    assert send(person, product).status_code == 403
    assert states(app) == []


def test_a_withdrawal_is_shown_with_its_reason(app: Flask, client: FlaskClient, product: OcopProduct) -> None:
    officer = officer_of(app)
    send(officer, product)
    address = "/officer/certificates/1/withdraw"
    with app.app_context():
        from marketplace.core import clock

        day = f"{clock.today():%d/%m/%Y}"
    assert "Vui lòng ghi lý do" in post_form(officer, address, {"reason": "", "ended_on": day}).text
    assert states(app) == ["awarded"]
    assert post_form(officer, address, {"reason": "Không đạt đánh giá lại", "ended_on": day}).status_code == 303
    assert states(app) == [CertificateState.WITHDRAWN]
    assert "Không đạt đánh giá lại" in client.get("/certificates/1").text


def test_evidence_is_for_those_concerned_and_a_download(app: Flask, client: FlaskClient, product: OcopProduct) -> None:
    with app.app_context(), transaction():
        CertificateFactory(
            ocop_product=db.session.get_one(OcopProduct, product.id), evidence_id=make_evidence(shown_name='a".pdf').id
        )
        neighbour = ProducerFactory().id
        elsewhere = commune("00565", "Gia Lâm", above=province("01")).id
    address = "/certificates/1/evidence"
    may = [
        officer_of(app),
        signed_in(app, Role.OPERATOR),
        signed_in(app, Role.COMMUNE_OFFICER, unit_id=product.commune_id),
        signed_in(app, Role.PRODUCER, subject_id=product.producer_id),
    ]
    for person in may:
        answer = person.get(address)
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")
        assert answer.headers["Cache-Control"] == "private, no-store"
    others = [
        signed_in(app),
        officer_of(app, "01"),
        signed_in(app, Role.COMMUNE_OFFICER, unit_id=elsewhere),
        signed_in(app, Role.PRODUCER, subject_id=neighbour),
    ]
    for person in others:
        assert person.get(address).status_code == 404
    assert client.get(address).status_code == 303


def test_a_producer_sees_the_own_certificates_only(app: Flask, product: OcopProduct) -> None:
    with app.app_context(), transaction():
        CertificateFactory(ocop_product=db.session.get_one(OcopProduct, product.id))
        other = CertificateFactory().ocop_product.name
    page = signed_in(app, Role.PRODUCER, subject_id=product.producer_id).get("/my/certificates").text
    assert product.name in page
    assert other not in page
