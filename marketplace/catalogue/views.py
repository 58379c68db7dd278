"""Doors: the producer's own products, and their approval."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import BadRequest

from marketplace.catalogue import queries, services
from marketplace.catalogue.content import (
    Content,
    PackContent,
    PhotoContent,
    changed_fields,
    content_of,
    merged,
)
from marketplace.catalogue.errors import VersionOutdated
from marketplace.catalogue.forms import ProductForm, VerdictForm, typed
from marketplace.catalogue.models import EditState, Product, ProductState
from marketplace.catalogue.notices import notices_about
from marketplace.catalogue.trace_links import parse_trace_link
from marketplace.catalogue.words import ACTIONS, EDIT_STATES, FIELDS, STATES, TONES
from marketplace.core import clock
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.roles import Role
from marketplace.files import queries as stored
from marketplace.files import services as files
from marketplace.ocop.queries import list_products_of, valid_certificates
from marketplace.places.models import AdminUnit
from marketplace.places.queries import get_unit, place_choice
from marketplace.producers import queries as producers
from marketplace.producers.reviewer import Reviewer
from marketplace.web import navigation
from marketplace.web.access import allow
from marketplace.web.addresses import asked_page
from marketplace.web.auth import require_user, subject_ids
from marketplace.web.navigation import MenuItem
from marketplace.web.uploads import read_upload

blueprint = Blueprint("catalogue", __name__)

navigation.add(
    MenuItem(_l("My products"), "catalogue.mine", 31, frozenset({Role.PRODUCER}), "basket"),
    MenuItem(
        _l("Products to approve"),
        "catalogue.queue",
        36,
        frozenset({Role.PROVINCE_OFFICER, Role.OPERATOR}),
        "check2-all",
    ),
)

_DRAFTS = (ProductState.DRAFT, ProductState.CHANGES_WANTED)
_LISTED = (ProductState.APPROVED, ProductState.PAUSED)


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {
        "product_states": STATES,
        "product_tones": TONES,
        "product_actions": ACTIONS,
        "product_fields": FIELDS,
        "edit_states": EDIT_STATES,
    }


# -- the producer's own products -----------------------------------------------------------------------------------


@blueprint.get("/my/products")
@allow(Role.PRODUCER)
def mine() -> ResponseReturnValue:
    """The own products with their state, what was asked to be changed, and whether a certificate carries them."""
    rows = queries.list_own_products(_own_ids())
    return render_template(
        "catalogue/mine.html",
        rows=rows,
        edits=queries.open_edits([product.id for product in rows]),
        certificates=valid_certificates([product.ocop_product_id for product in rows], clock.today()),
        notes={product.id: _last_note(product) for product in rows},
        notices=notices_about([product.id for product in rows]),
        producers=producers.list_own_producers(_own_ids()),
    )


@blueprint.route("/my/producers/<int:producer_id>/products/new", methods=["GET", "POST"])
@allow(Role.PRODUCER)
def new(producer_id: int) -> ResponseReturnValue:
    """Begin a product under one of the producer's recognised products."""
    producer = producers.get_own_producer(producer_id, _own_ids())
    recognised = list_products_of(producer_id)
    form = ProductForm(data={**_places(producer.commune), "version": "0"})
    form.offer(recognised)

    def save() -> int:
        content = _content(form)
        chosen = form.loaded["ocop_product"]
        if chosen is None:
            raise Invalid("required", field="ocop_product")
        person = require_user()
        with transaction():
            product = services.create_product(producer_id, chosen, content, actor_id=person.id)
            if "submit_now" in request.form:
                services.submit_product(product, version=product.version, actor_id=person.id)
            return product.id

    if _is_sent(form) and form.validate_on_submit():
        try:
            product_id = save()
        except Invalid as error:
            form.refuse(error)
        else:
            flash(_("Submitted for approval.") if "submit_now" in request.form else _("The draft is saved."))
            return redirect(url_for("catalogue.edit", product_id=product_id), 303)
    return _form_page(form, producer=producer, recognised=recognised)


@blueprint.route("/my/products/<int:product_id>", methods=["GET", "POST"])
@allow(Role.PRODUCER)
def edit(product_id: int) -> ResponseReturnValue:
    """Change an own product. Answers 409 with the newest version beside what was typed when somebody saved first."""
    product = queries.get_own_product(product_id, _own_ids())
    staged = queries.find_open_edit(product_id)
    is_sent_back = staged is not None and staged.state == EditState.CHANGES_WANTED
    shown = merged(content_of(product), staged.changes) if staged and is_sent_back else content_of(product)
    form = ProductForm(data={**typed(shown), **_places(_unit(shown)), "version": str(product.version)})
    if _is_sent(form) and form.validate_on_submit():
        try:
            told = _save_changes(product_id, form)
        except VersionOutdated:
            latest = queries.get_own_product(product_id, _own_ids())
            form.version.data = str(latest.version)
            return _form_page(form, product=latest, latest=latest, edit=staged), 409
        except Invalid as error:
            form.refuse(error)
        else:
            flash(told)
            return redirect(url_for("catalogue.edit", product_id=product_id), 303)
    return _form_page(form, product=product, edit=staged)


@blueprint.get("/my/products/<int:product_id>/history")
@allow(Role.PRODUCER)
def history(product_id: int) -> ResponseReturnValue:
    """Who did what with an own product and when."""
    product = queries.get_own_product(product_id, _own_ids())
    return render_template("catalogue/history.html", product=product, events=queries.list_events(product_id))


@blueprint.post("/my/products/<int:product_id>/<verb>")
@allow(Role.PRODUCER)
def act(product_id: int, verb: str) -> ResponseReturnValue:
    """Pause, resume, close a product, or take its waiting change back."""
    verbs: dict[str, Callable[..., None]] = {
        "pause": services.pause_product,
        "resume": services.resume_product,
        "archive": services.archive_product,
        "discard": services.discard_edit,
    }
    if verb not in verbs:
        raise BadRequest
    with transaction():
        product = queries.get_own_product(product_id, _own_ids())
        verbs[verb](product, actor_id=require_user().id)
    flash(_("Done."))
    return redirect(url_for("catalogue.mine"), 303)


# -- approval ------------------------------------------------------------------------------------------------------


@blueprint.get("/review/products")
@allow(Role.PROVINCE_OFFICER, Role.OPERATOR)
def queue() -> ResponseReturnValue:
    """Products and changes that wait for a decision in the own province (operator: everywhere), oldest first."""
    return render_template("catalogue/queue.html", page=queries.list_waiting(_provinces(), page=asked_page()))


@blueprint.get("/review/products/<int:product_id>")
@allow(Role.PROVINCE_OFFICER, Role.OPERATOR)
def review(product_id: int) -> ResponseReturnValue:
    """One product as it would be shown; for a change, old and new beside each other."""
    product = queries.get_product_for_review(product_id, _provinces())
    return _review_page(product, VerdictForm(data={"version": product.version}))


@blueprint.post("/review/products/<int:product_id>/<verdict>")
@allow(Role.PROVINCE_OFFICER, Role.OPERATOR)
def decide(product_id: int, verdict: str) -> ResponseReturnValue:
    """Approve, or ask for changes with a note."""
    if verdict not in ("approve", "changes"):
        raise BadRequest
    form = VerdictForm()
    if form.validate_on_submit():
        try:
            with transaction():
                product = queries.get_product_for_review(product_id, _provinces())
                services.decide(product, is_approved=verdict == "approve", by=_reviewer(), **form.loaded)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(_("Approved.") if verdict == "approve" else _("The producer reads your note now."))
            return redirect(url_for("catalogue.queue"), 303)
    return _review_page(queries.get_product_for_review(product_id, _provinces()), form)


def _review_page(product: Product, form: VerdictForm) -> ResponseReturnValue:
    edit = queries.find_open_edit(product.id)
    waits = edit is not None and edit.state == EditState.SUBMITTED
    now = content_of(product)
    wanted = merged(now, edit.changes) if edit and waits else now
    return render_template(
        "catalogue/review.html",
        product=product,
        content=wanted,
        pictures=_pictures(wanted),
        old=now if waits else None,
        changed=changed_fields(now, wanted),
        origin=_unit(wanted),
        old_origin=product.origin_commune,
        certificate=valid_certificates([product.ocop_product_id], clock.today()).get(product.ocop_product_id),
        events=queries.list_events(product.id),
        is_waiting=waits or product.state == ProductState.SUBMITTED,
        form=form,
    )


# -- between form and content --------------------------------------------------------------------------------------


def _save_changes(product_id: int, form: ProductForm) -> str:
    """Save by the product's state; returns the sentence to tell."""
    content = _content(form)
    version, person = form.loaded["version"], require_user()
    with transaction():
        product = queries.get_own_product(product_id, _own_ids())
        if product.state in _LISTED:
            staged = services.change_listed(product, content, version=version, actor_id=person.id)
            told = _("The change waits for approval; buyers see the old version until then.") if staged else _("Saved.")
            return str(told)
        services.change_draft(product, content, version=version, actor_id=person.id)
        if "submit_now" not in request.form:
            return str(_("The draft is saved."))
        services.submit_product(product, version=product.version, actor_id=person.id)
        return str(_("Submitted for approval."))


def _is_sent(form: ProductForm) -> bool:
    """Take a new picture in; true when the whole form is to be saved, not just shown again."""
    if request.method != "POST":
        return False
    is_taken = _take_photo(form)
    return is_taken and not {"pick_place", "add_photo"} & set(request.form)


def _take_photo(form: ProductForm) -> bool:
    """Keep the picture that came with the form: it stays in the form whatever else is wrong. False: refused."""
    try:
        upload = request.files.get("photo")
        content = read_upload(upload, field="photo", limit=files.MAX_PICTURE_BYTES)
        if content is None or upload is None:
            return True
        prepared = files.prepare_picture(content, shown_name=upload.filename or "")
    except Invalid as error:
        form.refuse(Invalid(error.code, field="photo", **error.facts))
        return False
    with transaction():
        files.keep(prepared)
    form.add_photo(prepared.sha256, form.photo_text.data or "")
    form.photo_text.data = ""
    return True


def _content(form: ProductForm) -> Content:
    said = form.loaded
    return Content(
        name=said["name"],
        origin_commune_id=producers.get_commune(said["commune"]).id,
        description=said["description"],
        story=said["story"],
        planting_area_code=said["planting_area_code"],
        packs=tuple(PackContent(**row) for row in said["packs"]),
        photos=tuple(_photo(row) for row in said["photos"]),
        trace_links=tuple(_link(url) for url in said["trace_links"]),
    )


def _photo(row: dict[str, Any]) -> PhotoContent:
    try:
        stored.get_public_picture(row["sha256"])
    except NotFound as error:
        raise Invalid("photo_unknown", field="photos") from error
    return PhotoContent(row["sha256"], row["alternative_text"])


def _link(url: str) -> Any:
    try:
        return parse_trace_link(url, own_pages=f"{current_app.config['PUBLIC_URL']}/t/")
    except Invalid as error:
        raise Invalid(error.code, field="trace_links", **error.facts) from error


def _form_page(form: ProductForm, *, product: Product | None = None, **shown: Any) -> str:
    form.add_blank_rows()
    return render_template(
        "catalogue/edit.html",
        form=form,
        product=product,
        choice=place_choice(form.province.data, form.commune.data),
        pictures={row.sha256.data: _picture(row.sha256.data) for row in form.photos},
        note=_last_note(product) if product else None,
        notices=notices_about([product.id]).get(product.id, []) if product else [],
        is_draft=product is None or product.state in _DRAFTS,
        **{"latest": None, "edit": None, "recognised": None, **shown},
    )


def _pictures(content: Content) -> list[tuple[Any, PhotoContent]]:
    return [(_picture(photo.sha256), photo) for photo in content.photos]


def _picture(sha256: str) -> Any:
    try:
        return stored.get_public_picture(sha256)
    except NotFound:
        return None


def _last_note(product: Product) -> str | None:
    """What the approver wrote, as long as it is to be done."""
    if product.state == ProductState.CHANGES_WANTED:
        return next((event.note for event in reversed(queries.list_events(product.id)) if event.note), None)
    edit = queries.find_open_edit(product.id)
    return edit.note if edit is not None and edit.state == EditState.CHANGES_WANTED else None


def _unit(content: Content) -> AdminUnit:
    return get_unit(content.origin_commune_id)


def _places(commune: AdminUnit) -> dict[str, str]:
    return {"province": commune.parent.code if commune.parent else "", "commune": commune.code}


def _own_ids() -> frozenset[int]:
    return subject_ids(Role.PRODUCER)


def _provinces() -> frozenset[int] | None:
    by = _reviewer()
    return None if by.is_operator else by.province_ids


def _reviewer() -> Reviewer:
    person = require_user()
    return Reviewer.of(person.id, person.scopes)
