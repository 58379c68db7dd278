"""What the API of traces gives."""

from marshmallow import Schema, fields

from marketplace.core.fields import WholeNumber
from marketplace.core.paging import PageQuery
from marketplace.inventory.models import LotState


class TraceQuery(PageQuery):
    """Which traces, and which page of them."""

    product_id = WholeNumber(metadata={"description": "Only lots of this product."})


class TraceEventOut(Schema):
    """One change of the lot's state."""

    state = fields.String(attribute="to_state", required=True)
    reason = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class TraceOut(Schema):
    """The trace record of a lot (fields of TT 02/2024/TT-BKHCN). Days are Vietnamese calendar days."""

    code = fields.String(attribute="lot.trace_code", required=True)
    lot = fields.String(attribute="lot.code", required=True)
    state = fields.Enum(LotState, by_value=True, attribute="lot.state", required=True)
    state_reason = fields.String(attribute="lot.state_reason", required=True)
    product_id = fields.Integer(attribute="product.id", required=True)
    product = fields.String(attribute="product.name", required=True)
    pack = fields.String(attribute="lot.pack.label", required=True)
    producer = fields.String(attribute="producer.name", required=True)
    producer_address = fields.String(attribute="producer_place.address", required=True)
    origin = fields.String(attribute="origin.address", required=True)
    planting_area_code = fields.String(allow_none=True)
    made_on = fields.Date(attribute="lot.made_on", required=True)
    expires_on = fields.Date(attribute="lot.expires_on", allow_none=True)
    stars = fields.Integer(attribute="certificate.stars")
    decision_number = fields.String(attribute="certificate.decision_number")
    certificate_expires_on = fields.Date(attribute="certificate.expires_on")
    history = fields.List(fields.Nested(TraceEventOut), required=True)


class TraceSummaryOut(Schema):
    """A lot in a list; `code` asks for the whole record. Days are Vietnamese calendar days."""

    code = fields.String(attribute="trace_code", required=True)
    lot = fields.String(attribute="code", required=True)
    state = fields.Enum(LotState, by_value=True, required=True)
    product_id = fields.Integer(required=True)
    product = fields.String(attribute="product.name", required=True)
    producer = fields.String(attribute="product.producer.name", required=True)
    made_on = fields.Date(required=True)
    expires_on = fields.Date(allow_none=True)


class TraceListOut(Schema):
    """A page of lots, newest first; `next` is the cursor of the next page."""

    items = fields.List(fields.Nested(TraceSummaryOut), required=True)
    next = fields.String(allow_none=True, required=True)
