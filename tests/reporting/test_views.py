"""The officer's doors: own areas only, four faces with the same figures, files that are safe to open."""

import csv
import io
import json
import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from marketplace.places.models import AdminUnit
from marketplace.programme.areas import Area
from marketplace.programme.figures import FigureKey
from marketplace.programme.models import DeclaredFigure, Plan
from marketplace.programme.queries import default_plan
from marketplace.programme.services import declare_figure
from tests.factories.figures import (
    World,
    local,
    make_listing,
    make_market,
    make_order,
    make_sale,
    make_seller,
    make_stall,
)
from tests.reporting.test_report import fill
from tests.signing_in import post_form, signed_in

CANARY = "CHIM HOÀNG YẾN"


def officer(app: Flask, unit: AdminUnit) -> FlaskClient:
    """The officer of a commune or province, signed in."""
    role = Role.PROVINCE_OFFICER if unit.parent_id is None else Role.COMMUNE_OFFICER
    return signed_in(app, role, unit_id=unit.id)


def text(client: FlaskClient, address: str) -> str:
    """The page at ``address``, which must be there."""
    response = client.get(address)
    assert response.status_code == 200, address
    return response.get_data(as_text=True)


@pytest.fixture
def filled(world: World) -> World:
    """The world with records everywhere, those of ``y`` and ``z`` called canaries."""
    with transaction():
        fill(world)
        for unit in (world.y, world.z):
            seller = make_seller(unit, name=CANARY)
            make_listing(seller).ocop_product.name = CANARY
            make_order(seller, at=local(2026, 11, 5), goods=7_654_321)
            make_stall(make_market(unit, name=CANARY), name=CANARY)
        declare_figure(
            Area(world.x),
            FigureKey.PRODUCER_UNITS,
            value=40,
            counted_on=date(2026, 10, 1),
            source='=HYPERLINK("https://example.vn")',
            actor_id=None,
        )
        declare_figure(
            Area(world.y), FigureKey.TRADERS, value=777, counted_on=date(2026, 10, 1), source=CANARY, actor_id=None
        )
    return world


def addresses(unit: AdminUnit) -> list[str]:
    """Every door to a unit's figures."""
    own = [f"/reports/{unit.id}", *(f"/reports/{unit.id}/report.{kind}" for kind in ("csv", "xlsx", "json"))]
    drill = [
        f"/reports/{unit.id}/{code}/{side}" for code in ("E1", "E10-V", "M1") for side in ("numerator", "denominator")
    ]
    return [*own, *drill, f"/api/v1{own[0]}", f"/api/v1{drill[0]}", f"/programme/figures/{unit.id}"]


def test_the_neighbours_figures_answer_like_figures_that_do_not_exist(app: Flask, filled: World) -> None:
    client = officer(app, filled.x)
    nobody = AdminUnit(id=999_999)
    for other in (filled.y, filled.z, filled.province, filled.elsewhere):
        for address, missing in zip(addresses(other), addresses(nobody), strict=True):
            answers = [client.get(address), client.get(missing)]
            assert [answer.status_code for answer in answers] == [404, 404], address
            assert CANARY not in answers[0].get_data(as_text=True)


def test_no_canary_appears_in_anything_of_ones_own(app: Flask, filled: World) -> None:
    client = officer(app, filled.x)
    for address in ("/reports", *(address for address in addresses(filled.x) if "xlsx" not in address)):
        page = text(client, f"{address}?unit_id={filled.y.id}&commune_id={filled.y.id}")
        assert CANARY not in page
        assert "7654321" not in page.replace(".", "")


def test_a_program_lists_the_own_areas_only(app: Flask, filled: World) -> None:
    found = json.loads(text(officer(app, filled.x), "/api/v1/reports"))
    assert ([unit["id"] for unit in found["items"]], found["next"]) == ([filled.x.id], None)
    assert {filled.province.id, filled.elsewhere.id} <= {
        unit["id"] for unit in json.loads(text(signed_in(app, Role.OPERATOR), "/api/v1/reports"))["items"]
    }
    assert signed_in(app, Role.VENDOR).get("/api/v1/reports").status_code == 403


def test_the_province_officer_sees_both_communes_and_their_sum(app: Flask, filled: World) -> None:
    client = officer(app, filled.province)
    orders = {
        unit: next(
            row["denominator"]
            for row in json.loads(text(client, f"/api/v1/reports/{unit.id}?month=2026-11"))["indicators"]
            if row["code"] == "E10-N"
        )
        for unit in (filled.x, filled.y, filled.province)
    }
    assert list(orders.values()) == [2, 5, 7]
    assert client.get(f"/reports/{filled.z.id}").status_code == 404
    assert client.get(f"/reports/{filled.elsewhere.id}").status_code == 404


def test_a_commune_officer_reads_the_former_communes_inside(app: Flask, filled: World) -> None:
    client = officer(app, filled.x)
    assert text(client, f"/reports/{filled.m1.id}?month=2025-06")
    assert "không tồn tại" in text(client, f"/reports/{filled.m1.id}?month=2026-11")
    assert officer(app, filled.y).get(f"/reports/{filled.m1.id}").status_code == 404


def test_others_have_no_door(app: Flask, filled: World) -> None:
    assert app.test_client().get(f"/reports/{filled.x.id}").status_code == 303
    for role in (Role.BUYER, Role.PRODUCER, Role.VENDOR, Role.MARKET_MANAGER):
        assert signed_in(app, role).get(f"/reports/{filled.x.id}").status_code == 403
    assert signed_in(app, Role.OPERATOR).get(f"/reports/{filled.x.id}").status_code == 200


def numbers(cell: str) -> list[int | None]:
    """``12 / 40`` or ``110.001 ₫`` as a page writes them."""
    plain = re.sub(r"<[^>]+>", "", cell)
    return [int(digits) if (digits := re.sub(r"\D", "", part)) else None for part in plain.split("/")]


def of_page(page: str) -> dict[str, list[int | None]]:
    """Numerator and denominator by code, read from the table."""
    found = re.findall(r'<tr id="([A-Z0-9-]+)">.*?<span class="fraction">(.*?)</span></td>', page, re.DOTALL)
    return {code: [*numbers(cell), None][:2] for code, cell in found}


def test_page_csv_xlsx_and_json_carry_the_same_figures(app: Flask, filled: World) -> None:
    client = officer(app, filled.x)
    base = f"/reports/{filled.x.id}"
    rows: list[dict[str, Any]] = json.loads(text(client, f"{base}/report.json?month=2026-11"))["indicators"]
    api = json.loads(text(client, f"/api/v1{base}?month=2026-11"))["indicators"]
    expected = {row["code"]: [row["numerator"], row["denominator"]] for row in rows}
    values = {row["code"]: row["value"] for row in rows}
    lines = list(csv.reader(io.StringIO(client.get(f"{base}/report.csv?month=2026-11").data.decode("utf-8-sig"))))
    lines = [line for line in lines if line and line[0] in expected]
    sheet = load_workbook(io.BytesIO(client.get(f"{base}/report.xlsx?month=2026-11").data)).active
    cells = {row[0]: row for row in sheet.iter_rows(values_only=True) if row[0] in expected}

    assert len(expected) == 21
    assert api == rows
    assert of_page(text(client, f"{base}?month=2026-11")) == expected
    assert {line[0]: [int(cell) if cell else None for cell in line[2:4]] for line in lines} == expected
    assert {line[0]: float(line[4]) if line[4] else None for line in lines} == values
    assert {code: list(row[2:4]) for code, row in cells.items()} == expected
    assert {code: row[4] for code, row in cells.items()} == values


def test_files_hold_no_formula_and_begin_with_a_mark(app: Flask, filled: World) -> None:
    client = officer(app, filled.x)
    written = client.get(f"/reports/{filled.x.id}/report.csv").data
    assert written.startswith(b"\xef\xbb\xbf")
    for line in csv.reader(io.StringIO(written.decode("utf-8-sig"))):
        assert not [cell for cell in line if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    sheet = load_workbook(io.BytesIO(client.get(f"/reports/{filled.x.id}/report.xlsx").data)).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
@pytest.mark.parametrize("month", ["2026-10", "2026-11"])
def test_the_same_question_gives_the_same_bytes(app: Flask, filled: World, kind: str, month: str) -> None:
    client = officer(app, filled.x)
    address = f"/reports/{filled.x.id}/report.{kind}?month={month}"
    assert client.get(address).data == client.get(address).data


def test_every_face_says_that_the_data_are_simulated(app: Flask, filled: World) -> None:
    client = officer(app, filled.x)
    base = f"/reports/{filled.x.id}"
    assert "Số liệu mô phỏng" in text(client, base)
    assert "Số liệu mô phỏng" in text(client, f"{base}/report.csv")
    assert json.loads(text(client, f"{base}/report.json"))["simulated"] is True


def test_nobody_behind_a_record_is_named(app: Flask, filled: World) -> None:
    client = officer(app, filled.x)
    orders = text(client, f"/reports/{filled.x.id}/E10-V/denominator")
    sales = text(client, f"/reports/{filled.x.id}/M7-V/denominator")
    assert "Bí Mật" not in orders
    assert "987 654 321" not in orders
    assert "Cô Ba" not in sales


def test_no_face_tells_the_turnover_of_a_single_trader(app: Flask, world: World) -> None:
    with transaction():
        make_sale(make_stall(make_market(world.x)), 45_678, local(2026, 11, 5))
    client, base = officer(app, world.x), f"/reports/{world.x.id}"
    drill = [f"{base}/{code}/numerator" for code in ("M7-N", "M7-V", "M9-N", "M9-V")]
    files = [f"{base}/report.csv", f"{base}/report.json"]
    for address in (base, *files, *drill, *(f"/api/v1{path}" for path in (base, *drill))):
        assert "45678" not in text(client, f"{address}?month=2026-11").replace(".", ""), address
    sheet = load_workbook(io.BytesIO(client.get(f"{base}/report.xlsx?month=2026-11").data)).active
    assert 45_678 not in {cell for row in sheet.iter_rows(values_only=True) for cell in row}
    for address in (base, files[0], *drill):
        assert "chưa đến 3 quầy" in text(client, f"{address}?month=2026-11"), address
    assert json.loads(text(client, f"/api/v1{drill[1]}?month=2026-11")) == {
        "items": [],
        "next": None,
        "figure": None,
        "total": 0,
        "gap": "too_few_stalls",
    }


def test_bad_questions_are_refused_by_field(app: Flask, filled: World) -> None:
    client = officer(app, filled.x)
    base = f"/api/v1/reports/{filled.x.id}"
    asked = ("month=2026-13", "basis=guessed", "plan=none", "month=2027-01")
    assert [client.get(f"{base}?{query}").status_code for query in asked] == [422, 422, 404, 422]
    assert client.get(f"{base}/E1/denominator?page=0").status_code == 422
    assert client.get(f"{base}/X1/denominator").status_code == 404
    assert client.get(f"{base}/M9-N/denominator").status_code == 404


def test_an_officer_declares_and_the_report_uses_it(app: Flask, filled: World) -> None:
    client = officer(app, filled.x)
    typed = {"key": "producer_units", "value": "8", "counted_on": "31/10/2026", "source": "Danh sách của xã"}
    assert post_form(client, f"/programme/figures/{filled.x.id}", typed).status_code == 303
    rows = json.loads(text(client, f"/api/v1/reports/{filled.x.id}"))["indicators"]
    assert next(row["denominator"] for row in rows if row["code"] == "E6") == 8
    assert "Danh sách của xã" in text(client, f"/programme/figures/{filled.x.id}")


@pytest.mark.parametrize(
    ("field", "typed"),
    [("value", "tám"), ("counted_on", "23/11/2026"), ("source", ""), ("market_id", "9999"), ("key", "stars")],
)
def test_a_wrong_declaration_is_shown_beside_its_field(app: Flask, filled: World, field: str, typed: str) -> None:
    before = db.session.query(DeclaredFigure).count()
    good = {"key": "traders", "value": "8", "counted_on": "31/10/2026", "source": "Danh sách của xã"}
    answer = post_form(officer(app, filled.x), f"/programme/figures/{filled.x.id}", good | {field: typed})
    assert (answer.status_code, db.session.query(DeclaredFigure).count()) == (422, before)
    assert "invalid-feedback" in answer.get_data(as_text=True)


def test_nobody_declares_for_others(app: Flask, filled: World) -> None:
    before = db.session.query(DeclaredFigure).count()
    typed = {"key": "traders", "value": "8", "counted_on": "31/10/2026", "source": "Danh sách của xã"}
    answers = [
        post_form(officer(app, filled.x), f"/programme/figures/{filled.y.id}", typed).status_code,
        post_form(signed_in(app, Role.OPERATOR), f"/programme/figures/{filled.y.id}", typed).status_code,
    ]
    assert (answers, db.session.query(DeclaredFigure).count()) == ([404, 403], before)


def test_a_month_outside_the_years_of_the_targets_is_told_on_every_face(app: Flask, world: World) -> None:
    client = officer(app, world.x)
    address = f"/reports/{world.x.id}"
    page = text(client, address)
    assert "924/QĐ-TTg" in page
    assert "đặt ra cho các năm đến 2025" in page
    assert "11/2026 nằm sau" in page
    assert "chưa chọn tháng" in page
    assert "11/2026 nằm sau" in text(client, f"{address}/report.csv?month=2026-11")
    told = json.loads(text(client, f"{address}/report.json?month=2026-11"))
    assert (told["outside_plan"], told["plan"]["targets_until"]) == ("after", 2025)


def test_a_month_inside_or_before_the_plan_and_a_plan_without_a_year(app: Flask, world: World) -> None:
    client = officer(app, world.x)
    address = f"/reports/{world.x.id}"
    inside = text(client, f"{address}?month=2025-11")
    assert "nằm sau" not in inside and "chưa chọn tháng" not in inside
    early = json.loads(text(client, f"{address}/report.json?month=2022-07&basis=restated"))
    begun = json.loads(text(client, f"{address}/report.json?month=2022-08&basis=restated"))
    assert (early["outside_plan"], begun["outside_plan"]) == ("before", None)
    unnamed = text(client, f"{address}?plan=thai-nguyen-156")
    assert "nguồn của kế hoạch không nêu" in unnamed and "nằm sau" not in unnamed


def test_a_plan_that_reaches_the_month_is_preferred(world: World) -> None:
    def plan(code: str, until: int | None) -> Plan:
        return Plan(
            code=code, number=code, name_vi=code, name_en=code, issuer="UBND xã", unit_id=world.x.id, source="thử",
            targets_until=until,
        )  # fmt: skip

    with transaction():
        db.session.add_all([plan("a-old", 2025), plan("b-new", 2030)])
    chosen = [default_plan(Area(world.x), year) for year in (2025, 2026, 2031)]
    assert [found.code if found else None for found in chosen] == ["a-old", "b-new", "a-old"]
