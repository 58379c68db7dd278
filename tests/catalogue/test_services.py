"""Products: draft, approval with reasons (P07), staged changes (P08), versions (S8), prices inside the band."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.audit.models import AuditEvent
from marketplace.catalogue import content, queries, services
from marketplace.catalogue.content import PackContent, PhotoContent, content_of
from marketplace.catalogue.errors import VersionOutdated
from marketplace.catalogue.models import EditState, Pack, Product, ProductState
from marketplace.catalogue.trace_links import parse_trace_link
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Forbidden, Invalid, NotFound
from marketplace.core.money import Dong
from marketplace.ocop.models import ProductGroup
from marketplace.producers.reviewer import Reviewer
from tests.factories.accounts import UserFactory
from tests.factories.catalogue import make_content, make_product
from tests.factories.files import make_picture
from tests.factories.ocop import OcopProductFactory
from tests.factories.producers import commune, officer, operator, province

pytestmark = pytest.mark.usefixtures("context")

LINK = "https://truyxuat.gov.vn/sp/1"


@pytest.fixture
def actor_id(context: Flask) -> int:
    with transaction():
        return int(UserFactory().id)


@pytest.fixture
def by(actor_id: int) -> Reviewer:
    """An officer of An Giang."""
    with transaction():
        return officer(actor_id)


@pytest.fixture
def draft(actor_id: int) -> Product:
    with transaction():
        recognised = OcopProductFactory()
        return services.create_product(
            recognised.producer_id, recognised.id, make_content(recognised.commune_id), actor_id=actor_id
        )


@pytest.fixture
def listed(context: Flask) -> Product:
    with transaction():
        return make_product(prices=(100_000, 250_000))


def stored(product: Product) -> Product:
    """The product as the database has it now."""
    db.session.expire_all()
    return queries.get_product(product.id)


def test_a_draft_is_written_as_typed(actor_id: int) -> None:
    with transaction():
        recognised = OcopProductFactory()
        photo = PhotoContent(make_picture().sha256, "Một túi gạo")
        link = parse_trace_link(LINK, own_pages="https://cho.example/t/")
        wanted = make_content(
            recognised.commune_id, photos=(photo,), trace_links=(link,), planting_area_code="VN-AGOR-0123"
        )
        product = services.create_product(recognised.producer_id, recognised.id, wanted, actor_id=actor_id)
    assert (product.state, product.slug, product.name_fold) == (ProductState.DRAFT, "gao-nang-huong", "gao nang huong")
    pack_id = product.packs[0].id
    assert content_of(product) == replace(wanted, packs=(replace(wanted.packs[0], id=pack_id),))


def test_a_product_needs_an_own_recognised_product(actor_id: int) -> None:
    with transaction():
        own, neighbours = OcopProductFactory(), OcopProductFactory()
    for wanted in (neighbours.id, 999_999):
        with pytest.raises(NotFound, match="ocop_product_not_found"), transaction():
            services.create_product(own.producer_id, wanted, make_content(own.commune_id), actor_id=actor_id)
    assert db.session.scalar(select(func.count()).select_from(Product)) == 0


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"planting_area_code": "vn-agor"}, "planting_area_code_unreadable"),
        ({"planting_area_code": "AG1"}, "planting_area_code_unreadable"),
        ({"packs": (PackContent("Túi", Dong(1000)), PackContent("túi", Dong(2000)))}, "pack_label_twice"),
        ({"packs": (PackContent("Túi", Dong(1000), id=999),)}, "pack_unknown"),
        ({"packs": tuple(PackContent(str(n), Dong(1000)) for n in range(13))}, "too_many_rows"),
        ({"photos": (PhotoContent("a" * 64, "x"), PhotoContent("a" * 64, "y"))}, "photo_twice"),
    ],
)
def test_unlawful_content_is_refused(draft: Product, actor_id: int, values: dict[str, Any], code: str) -> None:
    wanted = make_content(draft.origin_commune_id, **values)
    with pytest.raises(Invalid, match=code), transaction():
        services.change_draft(draft, wanted, version=1, actor_id=actor_id)
    assert stored(draft).version == 1


def test_tourism_is_shown_and_never_sold(actor_id: int) -> None:
    with transaction():
        recognised = OcopProductFactory(group=ProductGroup.TOURISM)
        wanted = make_content(recognised.commune_id, packs=())
        product = services.create_product(recognised.producer_id, recognised.id, wanted, actor_id=actor_id)
        services.submit_product(product, version=1, actor_id=actor_id)
    with pytest.raises(Invalid, match="tourism_is_not_sold"), transaction():
        services.create_product(
            recognised.producer_id, recognised.id, make_content(recognised.commune_id), actor_id=actor_id
        )


def test_nothing_is_submitted_without_a_pack(draft: Product, actor_id: int) -> None:
    with transaction():
        services.change_draft(draft, make_content(draft.origin_commune_id, packs=()), version=1, actor_id=actor_id)
    with pytest.raises(Invalid, match="pack_needed"), transaction():
        services.submit_product(stored(draft), version=2, actor_id=actor_id)


def test_approval_comes_with_reasons_and_a_history(draft: Product, actor_id: int, by: Reviewer) -> None:
    with transaction():
        services.submit_product(draft, version=1, actor_id=actor_id)
    for note in ("", " \n "):
        with pytest.raises(Invalid, match="note_needed"), transaction():
            services.want_changes(stored(draft), version=2, note=note, by=by)
    assert stored(draft).state == ProductState.SUBMITTED

    with transaction():
        services.want_changes(stored(draft), version=2, note="Thiếu ảnh nhãn", by=by)
    assert stored(draft).state == ProductState.CHANGES_WANTED
    corrected = make_content(draft.origin_commune_id, description="Đã thêm ảnh nhãn.")
    with transaction():
        product = stored(draft)
        services.change_draft(product, corrected, version=3, actor_id=actor_id)
        services.submit_product(product, version=4, actor_id=actor_id)
        services.approve_product(product, version=5, by=by)

    assert stored(draft).state == ProductState.APPROVED
    steps = [(event.action, event.to_state, event.note, event.actor_id) for event in queries.list_events(draft.id)]
    assert steps == [
        ("created", "draft", "", actor_id),
        ("submitted", "submitted", "", actor_id),
        ("changes_wanted", "changes_wanted", "Thiếu ảnh nhãn", by.id),
        ("changed", "changes_wanted", "", actor_id),
        ("submitted", "submitted", "", actor_id),
        ("approved", "approved", "", by.id),
    ]
    audited = select(func.count()).select_from(AuditEvent).where(AuditEvent.object_type == "product")
    assert db.session.scalar(audited) == len(steps)


def test_only_the_operator_and_the_provinces_officer_approve(draft: Product, actor_id: int, by: Reviewer) -> None:
    with transaction():
        services.submit_product(draft, version=1, actor_id=actor_id)
        elsewhere = officer(actor_id, province("01", "Hà Nội"))
    for other in (elsewhere, Reviewer.of(actor_id, [])):
        with pytest.raises(Forbidden, match="province_officer_needed"), transaction():
            services.approve_product(stored(draft), version=2, by=other)
    assert stored(draft).state == ProductState.SUBMITTED
    with transaction():
        services.approve_product(stored(draft), version=2, by=operator(actor_id))


def test_a_product_is_approved_in_the_version_that_was_read(draft: Product, actor_id: int, by: Reviewer) -> None:
    with transaction():
        services.submit_product(draft, version=1, actor_id=actor_id)
    with pytest.raises(VersionOutdated), transaction():
        services.approve_product(stored(draft), version=1, by=by)
    assert stored(draft).state == ProductState.SUBMITTED


def test_the_second_of_two_editors_is_told(draft: Product, actor_id: int) -> None:
    first, second = (make_content(draft.origin_commune_id, name=name) for name in ("Gạo một", "Gạo hai"))
    with transaction():
        services.change_draft(draft, first, version=1, actor_id=actor_id)
    with pytest.raises(VersionOutdated) as caught, transaction():
        services.change_draft(stored(draft), second, version=1, actor_id=actor_id)
    assert caught.value.facts == {"version": 2}
    assert stored(draft).name == "Gạo một"


def test_an_old_version_wins_when_the_guard_is_off(
    draft: Product, actor_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: the test above sees the guard and nothing else."""
    monkeypatch.setattr(services, "_take_version", lambda product, version: None)
    first, second = (make_content(draft.origin_commune_id, name=name) for name in ("Gạo một", "Gạo hai"))
    for wanted in (first, second):
        with transaction():
            services.change_draft(stored(draft), wanted, version=1, actor_id=actor_id)
    assert stored(draft).name == "Gạo hai"


def test_buyers_see_the_old_version_until_all_of_the_new_one_is_approved(
    listed: Product, actor_id: int, by: Reviewer
) -> None:
    with transaction():
        elsewhere = commune("30685", "Phú Hòa")
        old_name, old_origin = listed.name, listed.origin_commune_id
        wanted = replace(content_of(listed), name="Gạo mới", origin_commune_id=elsewhere.id)
        edit = services.change_listed(listed, wanted, version=1, actor_id=actor_id)
    assert edit is not None
    now = stored(listed)
    assert (now.name, now.origin_commune_id, now.state) == (old_name, old_origin, ProductState.APPROVED)

    with pytest.raises(Conflict, match="edit_open"), transaction():
        services.change_listed(now, replace(wanted, name="Gạo khác"), version=2, actor_id=actor_id)

    with transaction():
        services.approve_edit(stored(listed), version=2, by=by)
    now = stored(listed)
    assert (now.name, now.slug, now.origin_commune_id) == ("Gạo mới", "gao-moi", elsewhere.id)
    assert queries.find_open_edit(listed.id) is None
    assert [event.action for event in queries.list_events(listed.id)] == ["edit_submitted", "edit_approved"]


def test_a_change_sent_back_is_corrected_in_its_place(listed: Product, actor_id: int, by: Reviewer) -> None:
    with transaction():
        wanted = replace(content_of(listed), story="Chuyện cũ")
        services.change_listed(listed, wanted, version=1, actor_id=actor_id)
    with pytest.raises(Invalid, match="note_needed"), transaction():
        services.want_edit_changes(stored(listed), version=2, note=" ", by=by)
    with transaction():
        services.want_edit_changes(stored(listed), version=2, note="Nói rõ nguồn", by=by)
    sent_back = queries.find_open_edit(listed.id)
    assert sent_back is not None
    assert (sent_back.state, sent_back.note) == (EditState.CHANGES_WANTED, "Nói rõ nguồn")
    with transaction():
        again = services.change_listed(
            stored(listed), replace(wanted, story="Chuyện mới"), version=3, actor_id=actor_id
        )
        assert again is not None
        assert again.id == sent_back.id
        services.approve_edit(stored(listed), version=4, by=by)
    assert stored(listed).story == "Chuyện mới"


def test_a_change_may_be_taken_back(listed: Product, actor_id: int, by: Reviewer) -> None:
    with transaction():
        services.change_listed(listed, replace(content_of(listed), story="Thử"), version=1, actor_id=actor_id)
        services.discard_edit(listed, actor_id=actor_id)
    assert queries.find_open_edit(listed.id) is None
    for verb in (services.approve_edit,):
        with pytest.raises(Conflict, match="edit_state"), transaction():
            verb(stored(listed), version=3, by=by)
    assert stored(listed).story == ""


@pytest.mark.parametrize(
    ("price", "is_within"),
    [(80_000, True), (120_000, True), (79_999, False), (120_001, False), (100_000, True)],
)
def test_the_band_is_twenty_per_cent_around_the_approved_price(price: int, is_within: bool) -> None:
    assert services.is_within_band(price, 100_000) is is_within


def test_a_price_inside_the_band_changes_at_once(listed: Product, actor_id: int) -> None:
    small, large = content_of(listed).packs
    wanted = replace(content_of(listed), packs=(replace(small, price=Dong(120_000)), replace(large, is_offered=False)))
    with transaction():
        assert services.change_listed(listed, wanted, version=1, actor_id=actor_id) is None
    now = stored(listed)
    assert [(pack.price, pack.approved_price, pack.is_offered) for pack in now.packs] == [
        (120_000, 100_000, True),
        (250_000, 250_000, False),
    ]


def test_many_small_steps_do_not_leave_the_band(listed: Product, actor_id: int) -> None:
    for version, price in ((1, 120_000), (2, 140_000)):
        small, *rest = content_of(stored(listed)).packs
        wanted = replace(content_of(stored(listed)), packs=(replace(small, price=Dong(price)), *rest))
        with transaction():
            edit = services.change_listed(stored(listed), wanted, version=version, actor_id=actor_id)
    assert edit is not None
    assert stored(listed).packs[0].price == 120_000


def test_new_packs_and_large_steps_wait_for_approval(listed: Product, actor_id: int, by: Reviewer) -> None:
    small, large = content_of(listed).packs
    packs = (replace(small, price=Dong(200_000)), large, PackContent("Hộp quà", Dong(500_000), 2000))
    with transaction():
        services.change_listed(listed, replace(content_of(listed), packs=packs), version=1, actor_id=actor_id)
    assert [pack.price for pack in stored(listed).packs] == [100_000, 250_000]
    with transaction():
        services.approve_edit(stored(listed), version=2, by=by)
    assert [(pack.label, pack.price, pack.approved_price) for pack in stored(listed).packs] == [
        ("Túi 1 kg", 200_000, 200_000),
        ("Túi 2 kg", 250_000, 250_000),
        ("Hộp quà", 500_000, 500_000),
    ]


def test_a_pack_that_goes_stays_as_a_row_for_old_orders(listed: Product, actor_id: int, by: Reviewer) -> None:
    small, large = content_of(listed).packs
    with transaction():
        services.change_listed(listed, replace(content_of(listed), packs=(large,)), version=1, actor_id=actor_id)
        services.approve_edit(listed, version=2, by=by)
    gone = db.session.get(Pack, small.id)
    assert gone is not None
    assert not gone.is_offered


def test_pausing_and_resuming_are_at_once(listed: Product, actor_id: int) -> None:
    with transaction():
        services.pause_product(listed, actor_id=actor_id)
    assert stored(listed).state == ProductState.PAUSED
    with pytest.raises(Conflict, match="product_state"), transaction():
        services.pause_product(stored(listed), actor_id=actor_id)
    with transaction():
        services.resume_product(stored(listed), actor_id=actor_id)
        services.archive_product(stored(listed), actor_id=actor_id)
    assert stored(listed).state == ProductState.ARCHIVED
    with pytest.raises(Conflict, match="product_state"), transaction():
        services.resume_product(stored(listed), actor_id=actor_id)


def test_a_neighbours_product_answers_like_none(listed: Product) -> None:
    with transaction():
        neighbours = make_product()
    own = {listed.producer_id}
    assert queries.get_own_product(listed.id, own).id == listed.id
    for wanted in (neighbours.id, 999_999):
        with pytest.raises(NotFound, match="product_not_found"):
            queries.get_own_product(wanted, own)
    assert [product.id for product in queries.list_own_products(own)] == [listed.id]


def test_waiting_products_are_listed_by_province(draft: Product, listed: Product, actor_id: int) -> None:
    with transaction():
        home, away = province(), province("01", "Hà Nội")
        assert queries.count_waiting([home.id]) == 0
        services.submit_product(draft, version=1, actor_id=actor_id)
        services.change_listed(listed, replace(content_of(listed), story="Mới"), version=1, actor_id=actor_id)
    waiting = queries.list_waiting([home.id])
    assert [(row.product.id, row.edit is not None) for row in waiting.items] == [(draft.id, False), (listed.id, True)]
    assert queries.list_waiting(None).total == 2
    assert queries.list_waiting([away.id]).total == 0
    with pytest.raises(NotFound):
        queries.get_product_for_review(draft.id, [away.id])


def test_staged_content_survives_json(listed: Product) -> None:
    now = content_of(listed)
    link = parse_trace_link("https://id.gs1.org/01/09506000134352", own_pages="https://cho.example/t/")
    wanted = replace(now, name="Đổi", photos=(PhotoContent("a" * 64, "Ảnh"),), trace_links=(link,))
    changes = content.to_json(wanted, content.changed_fields(now, wanted))
    assert content.merged(now, changes) == wanted
