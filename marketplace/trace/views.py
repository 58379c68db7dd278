"""Doors: the public page of a lot, and its label to print."""

import io
from datetime import timedelta

import segno
from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from marketplace.ocop.words import GROUPS
from marketplace.producers.words import KINDS
from marketplace.trace.queries import get_trace
from marketplace.trace.words import LOT_STATES, TONES
from marketplace.web.access import PUBLIC, allow

blueprint = Blueprint("trace", __name__)


@blueprint.app_context_processor
def _one_day() -> dict[str, timedelta]:
    """Days of expiry are first days *without*; people read the last day *with*."""
    return {"one_day": timedelta(days=1)}


@blueprint.get("/t/<code>")
@allow(PUBLIC)
def lot(code: str) -> ResponseReturnValue:
    """Who made this lot, where, when, under which certificate; a recall first of all."""
    trace = get_trace(code)
    return render_template(
        "trace/lot.html", trace=trace, lot_states=LOT_STATES, tones=TONES, groups=GROUPS, kinds=KINDS
    )


@blueprint.get("/t/<code>/label")
@allow(PUBLIC)
def label(code: str) -> ResponseReturnValue:
    """The code of a lot as a QR to print and stick on the pack."""
    trace = get_trace(code)
    address = f"{current_app.config['PUBLIC_URL']}/t/{trace.lot.trace_code}"
    return render_template("trace/label.html", trace=trace, address=address, qr=draw_qr(address))


def draw_qr(content: str) -> Markup:
    """The QR of ``content`` as an inline SVG drawing (modules only: nothing of the content is in the markup)."""
    drawing = io.BytesIO()
    segno.make(content, error="m").save(
        drawing, kind="svg", xmldecl=False, svgns=False, border=4, omitsize=True, dark="#000", light="#fff"
    )
    return Markup(drawing.getvalue().decode())  # noqa: S704  # drawn by segno, not typed by people
