"""How states and steps of products are called, and the tone of a state."""

from flask_babel import lazy_gettext as _l

from marketplace.catalogue.models import EditState, ProductState

STATES = {
    ProductState.DRAFT: _l("Draft"),
    ProductState.SUBMITTED: _l("Waiting for approval"),
    ProductState.CHANGES_WANTED: _l("Changes wanted"),
    ProductState.APPROVED: _l("On sale"),
    ProductState.PAUSED: _l("Paused"),
    ProductState.ARCHIVED: _l("Closed"),
}

TONES = {
    ProductState.DRAFT: "neutral",
    ProductState.SUBMITTED: "wait",
    ProductState.CHANGES_WANTED: "bad",
    ProductState.APPROVED: "good",
    ProductState.PAUSED: "neutral",
    ProductState.ARCHIVED: "neutral",
}

EDIT_STATES = {
    EditState.SUBMITTED: _l("Change waits for approval"),
    EditState.CHANGES_WANTED: _l("Change wants correction"),
    EditState.APPROVED: _l("Change approved"),
    EditState.DISCARDED: _l("Change taken back"),
}

ACTIONS = {
    "created": _l("Draft begun"),
    "changed": _l("Draft changed"),
    "submitted": _l("Submitted for approval"),
    "approved": _l("Approved"),
    "changes_wanted": _l("Sent back for changes"),
    "edit_submitted": _l("Change submitted for approval"),
    "edit_approved": _l("Change approved"),
    "edit_changes_wanted": _l("Change sent back"),
    "edit_discarded": _l("Change taken back"),
    "price_changed": _l("Price or offer changed"),
    "paused": _l("Paused"),
    "resumed": _l("Back on sale"),
    "archived": _l("Closed"),
}

FIELDS = {
    "name": _l("Name"),
    "description": _l("Description"),
    "story": _l("Story"),
    "origin_commune_id": _l("Origin"),
    "planting_area_code": _l("Planting-area code"),
    "packs": _l("Packs"),
    "photos": _l("Pictures"),
    "trace_links": _l("Trace links"),
}
