"""Door: producers as JSON."""

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from marketplace.core.paging import Page
from marketplace.producers import queries
from marketplace.producers.models import Producer
from marketplace.producers.schemas import ProducerListOut, ProducerOut, ProducerQuery
from marketplace.web.access import PUBLIC, allow

blueprint = Blueprint("producers_api", __name__, description="Those who sell.")


@blueprint.route("/producers")
@allow(PUBLIC)
class Producers(MethodView):
    """Producers that sell here."""

    @blueprint.arguments(ProducerQuery, location="query")
    @blueprint.response(200, ProducerListOut)
    def get(self, asked: dict[str, Any]) -> Page[Producer]:
        """Verified producers by kind, province or part of the name, page by page."""
        return queries.list_public_producers(**asked)


@blueprint.route("/producers/<slug>")
@allow(PUBLIC)
class OneProducer(MethodView):
    """One producer."""

    @blueprint.response(200, ProducerOut)
    def get(self, slug: str) -> Producer:
        """A verified producer by its slug; 404 for one that waits or is suspended."""
        return queries.get_public_producer(slug)
