"""Products for programs: the same list, filters and decision as the pages."""

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from marketplace.core.paging import Page
from marketplace.storefront.listing import Card, products_after
from marketplace.storefront.product import ProductPage, get_product_page
from marketplace.storefront.schemas import ProductListOut, ProductOut, ProductQuery, filters_of
from marketplace.web.access import PUBLIC, allow

blueprint = Blueprint("storefront_api", __name__, description="What is for sale")


@blueprint.route("/products")
@allow(PUBLIC)
class Products(MethodView):
    """Products on sale."""

    @blueprint.arguments(ProductQuery, location="query")
    @blueprint.response(200, ProductListOut)
    def get(self, asked: dict[str, Any]) -> Page[Card]:
        """List the products on sale, narrowed as on the page; in order of id."""
        return products_after(filters_of(asked), asked.get("after"), limit=asked["limit"])


@blueprint.route("/products/<int:product_id>")
@allow(PUBLIC)
class OneProduct(MethodView):
    """One product."""

    @blueprint.response(200, ProductOut)
    def get(self, product_id: int) -> dict[str, Any]:
        """A product with its packs, and why it cannot be bought when that is so."""
        return _dump(get_product_page(product_id))


def _dump(page: ProductPage) -> dict[str, Any]:
    product, certificate = page.product, page.certificate
    return {
        "id": product.id,
        "slug": product.slug,
        "name": product.name,
        "description": product.description,
        "producer": product.producer.name,
        "origin": page.origin.address,
        "group": product.ocop_product.group,
        "is_alcohol": product.ocop_product.is_alcohol,
        "stars": certificate.stars if certificate else None,
        "decision_number": certificate.decision_number if certificate else None,
        "certificate_expires_on": certificate.expires_on if certificate else None,
        "delivery_fee": product.producer.delivery_fee,
        "packs": [
            {
                "id": pack.id,
                "label": pack.label,
                "price": pack.price,
                "price_per_kilogram": pack.price_per_kilogram,
                "net_weight_grams": pack.net_weight_grams,
                "available": free,
            }
            for pack, free in page.packs
        ],
        "traces": [lot.trace_code for lot in page.lots],
        "trace_links": [checked.link.url for checked in page.links],
        "trace_link_states": [
            {"url": checked.link.url, "state": checked.state, "looked_at": checked.looked_at} for checked in page.links
        ],
        "can_be_bought": page.can_be_bought,
        "reasons": [reason.code for reason in page.reasons],
    }
