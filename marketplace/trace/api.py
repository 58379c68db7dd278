"""Traces for programs."""

from flask.views import MethodView
from flask_smorest import Blueprint

from marketplace.trace.queries import Trace, get_trace
from marketplace.trace.schemas import TraceOut
from marketplace.web.access import PUBLIC, allow

blueprint = Blueprint("trace_api", __name__, description="Where goods come from")


@blueprint.route("/traces/<code>")
@allow(PUBLIC)
class TraceByCode(MethodView):
    """One lot."""

    @blueprint.response(200, TraceOut)
    def get(self, code: str) -> Trace:
        """The trace record of a lot by its public code."""
        return get_trace(code)
