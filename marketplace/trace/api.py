"""Traces for programs."""

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from marketplace.trace.queries import Trace, get_trace, page_of_traces
from marketplace.trace.schemas import TraceListOut, TraceOut, TraceQuery
from marketplace.web.access import PUBLIC, allow

blueprint = Blueprint("trace_api", __name__, description="Where goods come from")


@blueprint.route("/traces")
@allow(PUBLIC)
class Traces(MethodView):
    """Lots."""

    @blueprint.arguments(TraceQuery, location="query")
    @blueprint.response(200, TraceListOut)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The lots of products that were approved, newest first, recalled ones too."""
        page = page_of_traces(product_id=asked.get("product_id"), before=asked.get("after"), limit=asked["limit"])
        return {"items": page.items, "next": page.next}


@blueprint.route("/traces/<code>")
@allow(PUBLIC)
class TraceByCode(MethodView):
    """One lot."""

    @blueprint.response(200, TraceOut)
    def get(self, code: str) -> Trace:
        """The trace record of a lot by its public code."""
        return get_trace(code)
