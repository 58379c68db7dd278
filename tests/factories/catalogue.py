"""Products and packs as the shop shows them."""

import factory
import factory.alchemy

from marketplace.catalogue.content import Content, PackContent
from marketplace.catalogue.models import Pack, Product, ProductState
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.core.text import fold, slug
from tests.factories.ocop import CertificateFactory, OcopProductFactory


class ProductFactory(factory.alchemy.SQLAlchemyModelFactory):
    """An approved product of a verified producer, without packs; ``make_product`` adds what selling needs."""

    class Meta:
        model = Product
        sqlalchemy_session = db.session
        sqlalchemy_session_persistence = "flush"

    ocop_product = factory.SubFactory(OcopProductFactory)
    producer = factory.SelfAttribute("ocop_product.producer")
    name = factory.SelfAttribute("ocop_product.name")
    slug = factory.LazyAttribute(lambda made: slug(made.name))
    name_search = factory.LazyAttribute(lambda made: made.name.lower())
    name_fold = factory.LazyAttribute(lambda made: fold(made.name))
    description = "Gạo thơm trồng một vụ, xay xát trong tuần."
    origin_commune_id = factory.SelfAttribute("ocop_product.commune_id")
    state = ProductState.APPROVED
    created_at = factory.LazyFunction(clock.now)
    approved_at = factory.LazyFunction(clock.now)


class PackFactory(factory.alchemy.SQLAlchemyModelFactory):
    """A pack of one kilogram for 100.000 đồng."""

    class Meta:
        model = Pack
        sqlalchemy_session = db.session
        sqlalchemy_session_persistence = "flush"

    product = factory.SubFactory(ProductFactory)
    label = "Túi 1 kg"
    net_weight_grams = 1000
    price = 100_000
    approved_price = factory.SelfAttribute("price")


def make_product(*, prices: tuple[int, ...] = (100_000,), certificate: bool = True, **values: object) -> Product:
    """An approved product with a pack for each price and, unless told otherwise, a valid certificate of four stars.

    Stock is the inventory room's: receive a lot for a pack to make it sellable.
    """
    product = ProductFactory(**values)
    for position, price in enumerate(prices):
        PackFactory(product=product, price=price, label=f"Túi {position + 1} kg", position=position)
    if certificate:
        CertificateFactory(ocop_product=product.ocop_product)
    db.session.refresh(product)
    assert isinstance(product, Product)
    return product


def make_content(origin_commune_id: int, **values: object) -> Content:
    """What a producer writes: one pack of 100.000 đồng, a name and a description."""
    written: dict[str, object] = {
        "name": "Gạo Nàng Hương",
        "description": "Gạo thơm trồng một vụ.",
        "packs": (PackContent("Túi 1 kg", Dong(100_000), 1000),),
        **values,
    }
    return Content(origin_commune_id=origin_commune_id, **written)
