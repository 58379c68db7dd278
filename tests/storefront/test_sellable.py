"""One list of conditions: each alone takes a product off sale, and says why."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.catalogue.models import Product, ProductState
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import NotFound
from marketplace.inventory import services as inventory
from marketplace.ocop.models import CertificateState, ProductGroup
from marketplace.producers.models import ProducerState
from marketplace.storefront.sellable import (
    PACK_CONDITIONS,
    PRODUCT_CONDITIONS,
    Reason,
    offer_for,
    reasons_against,
    reasons_by_product,
    sellable_clause,
)
from tests.factories.shelf import Shelf, make_certificate, make_pack, make_producer, make_shelf

SPOILED: dict[str, Callable[[], Shelf]] = {
    "product_not_approved": lambda: make_shelf(state=ProductState.SUBMITTED),
    "producer_not_verified": lambda: make_shelf(producer=make_producer(state=ProducerState.PENDING)),
    "certificate_few_stars": lambda: make_shelf(certificate={"stars": 2}),
    "tourism_not_sold": lambda: make_shelf(group=ProductGroup.TOURISM),
    "pack_not_offered": lambda: make_shelf(pack={"is_offered": False}),
    "out_of_stock": lambda: make_shelf(quantity=0),
}


def _on_sale(product_id: int, moment: datetime) -> bool:
    return db.session.scalar(select(Product.id).where(Product.id == product_id, sellable_clause(moment))) is not None


def _codes(product_id: int) -> list[str]:
    return [reason.code for reason in reasons_against(product_id)]


def test_a_product_that_meets_every_condition_is_offered(context: Flask) -> None:
    with transaction():
        shelf = make_shelf(is_alcohol=True, group=ProductGroup.DRINK)
    offer = offer_for([shelf.pack.id])[shelf.pack.id]
    assert _on_sale(shelf.product.id, clock.now())
    assert reasons_against(shelf.product.id) == reasons_against(pack_id=shelf.pack.id) == []
    assert (offer.unit_price, offer.stars, offer.available, offer.is_alcohol) == (60_000, 4, 10, True)
    assert (offer.certificate_id, offer.decision_number) == (shelf.certificate.id, shelf.certificate.decision_number)
    assert (offer.product, offer.producer, offer.group) == (shelf.product, shelf.producer, ProductGroup.DRINK)


@pytest.mark.parametrize("code", SPOILED)
def test_each_condition_alone_takes_a_product_off_sale(context: Flask, code: str) -> None:
    with transaction():
        shelf = SPOILED[code]()
    assert not _on_sale(shelf.product.id, clock.now())
    assert offer_for([shelf.pack.id]) == {}
    assert code in _codes(shelf.product.id)
    assert reasons_by_product([shelf.product.id]) == {shelf.product.id: reasons_against(shelf.product.id)}
    assert set(_codes(shelf.product.id)) <= {code, "out_of_stock"}


def test_every_condition_has_its_spoiled_product() -> None:
    tested = {"certificate_missing" if code.startswith("certificate") else code for code in SPOILED}
    assert {condition.code for condition in PRODUCT_CONDITIONS} == tested
    assert {condition.code for condition in PACK_CONDITIONS} == tested


def test_a_certificate_counts_to_the_last_minute_of_its_last_day(context: Flask) -> None:
    with clock.frozen(datetime(2026, 9, 1, tzinfo=UTC)), transaction():
        shelf = make_shelf(
            certificate={"issued_on": date(2023, 10, 1), "expires_on": date(2026, 10, 1)}, lot={"expires_on": None}
        )
    last_minute = datetime(2026, 9, 30, 16, 59, tzinfo=UTC)
    midnight = datetime(2026, 9, 30, 17, 0, tzinfo=UTC)
    assert _on_sale(shelf.product.id, last_minute)
    assert list(offer_for([shelf.pack.id], last_minute)) == [shelf.pack.id]
    assert not _on_sale(shelf.product.id, midnight)
    assert offer_for([shelf.pack.id], midnight) == {}
    expected = [Reason("certificate_expired", {"day": "01/10/2026"})]
    assert reasons_against(pack_id=shelf.pack.id, moment=midnight) == expected
    with transaction():
        make_certificate(shelf.ocop_product, issued_on=date(2026, 10, 1))
    assert _on_sale(shelf.product.id, midnight)


def test_a_withdrawn_certificate_is_named_as_such(context: Flask) -> None:
    with transaction():
        withdrawn = make_shelf(
            certificate={
                "state": CertificateState.WITHDRAWN,
                "ended_on": clock.today(),
                "end_reason": "Vi phạm an toàn thực phẩm",
            }
        )
        proposed = make_shelf(certificate={"state": CertificateState.PROPOSED})
    assert _codes(withdrawn.product.id) == ["certificate_withdrawn"]
    assert _codes(proposed.product.id) == ["certificate_missing"]
    together = reasons_by_product([withdrawn.product.id, proposed.product.id])
    assert together == {product_id: reasons_against(product_id) for product_id in together}
    assert len(together) == 2


def test_one_good_pack_is_enough_for_the_product_but_not_for_the_other_pack(context: Flask) -> None:
    with transaction():
        shelf = make_shelf()
        empty = make_pack(shelf.product, label="Hũ 1 kg")
    assert _on_sale(shelf.product.id, clock.now())
    assert list(offer_for([shelf.pack.id, empty.id])) == [shelf.pack.id]
    assert [reason.code for reason in reasons_against(pack_id=empty.id)] == ["out_of_stock"]


def test_a_lapsed_hold_counts_as_free(context: Flask) -> None:
    now = datetime(2026, 9, 1, tzinfo=UTC)
    with clock.frozen(now), transaction():
        shelf = make_shelf(quantity=1)
        inventory.reserve(
            shelf.pack.id, 1, ref_type="order_line", ref_id="1", expires_at=datetime(2026, 9, 1, 1, tzinfo=UTC)
        )
    assert not _on_sale(shelf.product.id, now)
    assert offer_for([shelf.pack.id], datetime(2026, 9, 1, 1, tzinfo=UTC))[shelf.pack.id].available == 1


def test_a_recalled_lot_is_not_sold(context: Flask) -> None:
    with transaction():
        shelf = make_shelf()
        assert shelf.lot is not None
        inventory.recall(shelf.lot.id, code=shelf.lot.code, reason="Nhiễm khuẩn", actor_id=None)
    assert _codes(shelf.product.id) == ["out_of_stock"]


def test_unknown_things_have_no_reasons(context: Flask) -> None:
    with pytest.raises(NotFound, match="product_not_found"):
        reasons_against(999)
    with pytest.raises(TypeError):
        reasons_against()
