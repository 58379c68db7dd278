"""Products: written by their producers, approved by the operator or an officer of their province."""

import re
from dataclasses import replace

from sqlalchemy import update

from marketplace.audit import services as audit
from marketplace.catalogue import queries
from marketplace.catalogue.content import (
    Content,
    PackContent,
    changed_fields,
    content_of,
    merged,
    to_json,
    write,
)
from marketplace.catalogue.errors import VersionOutdated
from marketplace.catalogue.models import EditState, Product, ProductEvent, ProductState, StagedEdit
from marketplace.core import clock
from marketplace.core.db import changed_one, db
from marketplace.core.errors import Conflict, Forbidden, Invalid, NotFound
from marketplace.ocop.models import OcopProduct, ProductGroup
from marketplace.producers.queries import province_id_of
from marketplace.producers.reviewer import Reviewer

#: A price may move so many per cent around the approved one without a new approval.
PRICE_BAND_PERCENT = 20
MAX_PACKS, MAX_PHOTOS, MAX_LINKS = 12, 8, 5
#: Loose on purpose: codes of planting areas come in several forms (domain research 3.4).
PLANTING_AREA_CODE = re.compile(r"[A-Z0-9][A-Z0-9.\-]{4,39}", re.ASCII)

_ON_SALE_OR_PAUSED = (ProductState.APPROVED, ProductState.PAUSED)


def create_product(
    producer_id: int, ocop_product_id: int, content: Content, *, actor_id: int, is_illustrative: bool = False
) -> Product:
    """Begin a draft under a recognised product of the producer; nobody else sees it until it is submitted.

    Raises ``NotFound`` when the recognised product is another producer's, ``Invalid`` for unlawful content.
    """
    recognised = db.session.get(OcopProduct, ocop_product_id)
    if recognised is None or recognised.producer_id != producer_id:
        raise NotFound("ocop_product_not_found")
    _check(content, recognised, known_packs=frozenset())
    product = Product(
        producer_id=producer_id,
        ocop_product_id=ocop_product_id,
        state=ProductState.DRAFT,
        slug="",
        name="",
        name_search="",
        name_fold="",
        origin_commune_id=content.origin_commune_id,
        is_illustrative=is_illustrative,
        created_at=clock.now(),
    )
    db.session.add(product)
    db.session.flush()
    write(product, content, is_approved=True)
    _note(product, "created", None, actor_id=actor_id)
    return product


def change_draft(product: Product, content: Content, *, version: int, actor_id: int) -> None:
    """Rewrite a product that is a draft or wants changes. Raises ``VersionOutdated``, ``Conflict``, ``Invalid``."""
    _need_state(product, ProductState.DRAFT, ProductState.CHANGES_WANTED)
    _check(content, product.ocop_product, known_packs=_pack_ids(product))
    _take_version(product, version)
    write(product, content, is_approved=True)
    _note(product, "changed", product.state, actor_id=actor_id)


def submit_product(product: Product, *, version: int, actor_id: int) -> None:
    """Ask for approval. Raises ``Invalid`` (``pack_needed``) when there is nothing to sell, ``Conflict``."""
    _need_state(product, ProductState.DRAFT, ProductState.CHANGES_WANTED)
    is_service = product.ocop_product.group == ProductGroup.TOURISM
    if not is_service and not any(pack.is_offered for pack in product.packs):
        raise Invalid("pack_needed", field="packs")
    _take_version(product, version)
    _move(product, ProductState.SUBMITTED, "submitted", actor_id=actor_id)


def decide(product: Product, *, is_approved: bool, version: int, note: str, by: Reviewer) -> None:
    """A reviewer's verdict about what waits: the new product, else its staged edit. ``note`` is for sending back.

    Raises ``Forbidden``, ``VersionOutdated``, ``Conflict``, and ``Invalid`` when a note is missing.
    """
    is_new = product.state == ProductState.SUBMITTED
    if is_approved:
        approve = approve_product if is_new else approve_edit
        approve(product, version=version, by=by)
    else:
        send_back = want_changes if is_new else want_edit_changes
        send_back(product, version=version, note=note, by=by)


def approve_product(product: Product, *, version: int, by: Reviewer) -> None:
    """Put a submitted product on sale, exactly in the ``version`` that was read. Raises ``Forbidden``, ``Conflict``."""
    _check_reviewer(product, by)
    _need_state(product, ProductState.SUBMITTED)
    _take_version(product, version)
    product.approved_at = clock.now()
    _move(product, ProductState.APPROVED, "approved", actor_id=by.id)


def want_changes(product: Product, *, version: int, note: str, by: Reviewer) -> None:
    """Send a submitted product back. The note is compulsory and shown to the producer (P07)."""
    _check_reviewer(product, by)
    note = _needed(note)
    _need_state(product, ProductState.SUBMITTED)
    _take_version(product, version)
    _move(product, ProductState.CHANGES_WANTED, "changes_wanted", actor_id=by.id, note=note)


def change_listed(product: Product, content: Content, *, version: int, actor_id: int) -> StagedEdit | None:
    """Change a product that is on sale or paused (P08).

    Prices within ±20 % of the approved one and the offering of single packs change at once; everything else is
    staged while buyers go on seeing what was approved. An edit that was sent back is replaced by the new one.
    Returns the staged edit, or None when nothing had to be staged. Raises ``Conflict`` (``edit_open``) while
    another edit waits, ``VersionOutdated``, ``Invalid``.
    """
    _need_state(product, *_ON_SALE_OR_PAUSED)
    _check(content, product.ocop_product, known_packs=_pack_ids(product))
    current = content_of(product)
    at_once = replace(current, packs=_packs_at_once(product, content.packs))
    staged = changed_fields(at_once, content)
    edit = queries.find_open_edit(product.id)
    if edit is not None and edit.state == EditState.SUBMITTED and (staged or "packs" in edit.changes):
        raise Conflict("edit_open")
    _take_version(product, version)
    if at_once != current:
        write(product, at_once, is_approved=False)
        _note(product, "price_changed", product.state, actor_id=actor_id)
    if not staged:
        return None
    return _stage(product, edit, to_json(content, staged), actor_id)


def approve_edit(product: Product, *, version: int, by: Reviewer) -> None:
    """Switch a product to its staged edit, all fields at once. Raises ``Forbidden``, ``Conflict``."""
    _check_reviewer(product, by)
    edit = _submitted_edit(product)
    content = merged(content_of(product), edit.changes)
    _check(content, product.ocop_product, known_packs=_pack_ids(product))
    _take_version(product, version)
    write(product, content, is_approved=True)
    _decide_edit(edit, EditState.APPROVED, note="", actor_id=by.id)
    _note(product, "edit_approved", product.state, actor_id=by.id)


def want_edit_changes(product: Product, *, version: int, note: str, by: Reviewer) -> None:
    """Send a staged edit back with a compulsory note; the product stays on sale as it was."""
    _check_reviewer(product, by)
    note = _needed(note)
    edit = _submitted_edit(product)
    _take_version(product, version)
    _decide_edit(edit, EditState.CHANGES_WANTED, note=note, actor_id=by.id)
    _note(product, "edit_changes_wanted", product.state, actor_id=by.id, note=note)


def discard_edit(product: Product, *, actor_id: int) -> None:
    """Take the own staged edit back. Raises ``Conflict`` when none is open."""
    edit = queries.find_open_edit(product.id)
    if edit is None:
        raise Conflict("edit_state")
    _decide_edit(edit, EditState.DISCARDED, note=edit.note, actor_id=actor_id)
    _take_version(product, product.version)
    _note(product, "edit_discarded", product.state, actor_id=actor_id)


def pause_product(product: Product, *, actor_id: int) -> None:
    """Take a product off sale at once. Raises ``Conflict`` unless it is on sale."""
    _need_state(product, ProductState.APPROVED)
    _move(product, ProductState.PAUSED, "paused", actor_id=actor_id)


def resume_product(product: Product, *, actor_id: int) -> None:
    """Put a paused product back on sale: nothing changed, so no new approval."""
    _need_state(product, ProductState.PAUSED)
    _move(product, ProductState.APPROVED, "resumed", actor_id=actor_id)


def archive_product(product: Product, *, actor_id: int) -> None:
    """Close a product for good; old orders keep it. An open edit is discarded."""
    if product.state == ProductState.ARCHIVED:
        raise Conflict("product_state")
    edit = queries.find_open_edit(product.id)
    if edit is not None:
        _decide_edit(edit, EditState.DISCARDED, note=edit.note, actor_id=actor_id)
    _move(product, ProductState.ARCHIVED, "archived", actor_id=actor_id)


def is_within_band(price: int, approved_price: int) -> bool:
    """Whether a price lies within ±20 % of the approved one, ends included."""
    return abs(price - approved_price) * 100 <= approved_price * PRICE_BAND_PERCENT


def _packs_at_once(product: Product, wanted: tuple[PackContent, ...]) -> tuple[PackContent, ...]:
    """The present packs with those wishes that need no approval: price inside the band, offered or not."""
    by_id = {pack.id: pack for pack in wanted if pack.id is not None}
    approved = {pack.id: pack.approved_price for pack in product.packs}
    result = []
    for pack in content_of(product).packs:
        wish = by_id.get(pack.id) if pack.id is not None else None
        if wish is None:
            result.append(pack)
            continue
        price = wish.price if is_within_band(wish.price, approved[pack.id or 0]) else pack.price
        result.append(replace(pack, price=price, is_offered=wish.is_offered))
    return tuple(result)


def _stage(product: Product, edit: StagedEdit | None, changes: str, actor_id: int) -> StagedEdit:
    if edit is None:
        edit = StagedEdit(product_id=product.id)
        db.session.add(edit)
    edit.changes, edit.state = changes, EditState.SUBMITTED
    edit.submitted_by_id, edit.submitted_at = actor_id, clock.now()
    edit.decided_by_id = edit.decided_at = None
    db.session.flush()
    _note(product, "edit_submitted", product.state, actor_id=actor_id)
    return edit


def _submitted_edit(product: Product) -> StagedEdit:
    edit = queries.find_open_edit(product.id)
    if edit is None or edit.state != EditState.SUBMITTED:
        raise Conflict("edit_state")
    return edit


def _decide_edit(edit: StagedEdit, to: EditState, *, note: str, actor_id: int) -> None:
    former = edit.state
    still = update(StagedEdit).where(StagedEdit.id == edit.id, StagedEdit.state == former)
    if not changed_one(still.values(state=to, note=note, decided_by_id=actor_id, decided_at=clock.now())):
        raise Conflict("edit_state")
    db.session.refresh(edit)


def _check_reviewer(product: Product, by: Reviewer) -> None:
    if not by.may_act_in(province_id_of(product.ocop_product.commune_id)):
        raise Forbidden("province_officer_needed")


def _check(content: Content, recognised: OcopProduct, *, known_packs: frozenset[int]) -> None:
    """Rules that every version of a listing keeps."""
    code = content.planting_area_code
    if code is not None and not PLANTING_AREA_CODE.fullmatch(code):
        raise Invalid("planting_area_code_unreadable", field="planting_area_code")
    if recognised.group == ProductGroup.TOURISM and content.packs:
        raise Invalid("tourism_is_not_sold", field="packs")
    limits = (("packs", content.packs, MAX_PACKS), ("photos", content.photos, MAX_PHOTOS))
    for name, rows, limit in (*limits, ("trace_links", content.trace_links, MAX_LINKS)):
        if len(rows) > limit:
            raise Invalid("too_many_rows", field=name, limit=limit)
    if {pack.id for pack in content.packs if pack.id is not None} - known_packs:
        raise Invalid("pack_unknown", field="packs")
    if len({pack.label.casefold() for pack in content.packs}) < len(content.packs):
        raise Invalid("pack_label_twice", field="packs")
    if len({link.url for link in content.trace_links}) < len(content.trace_links):
        raise Invalid("link_twice", field="trace_links")
    if len({photo.sha256 for photo in content.photos}) < len(content.photos):
        raise Invalid("photo_twice", field="photos")


def _pack_ids(product: Product) -> frozenset[int]:
    return frozenset(pack.id for pack in product.packs)


def _need_state(product: Product, *states: ProductState) -> None:
    if product.state not in states:
        raise Conflict("product_state")


def _take_version(product: Product, version: int) -> None:
    """Count the version up if it still is the one that the person saw, else raise ``VersionOutdated``."""
    seen = update(Product).where(Product.id == product.id, Product.version == version)
    is_taken = changed_one(seen.values(version=version + 1))
    db.session.refresh(product, ["version"])
    if not is_taken:
        raise VersionOutdated(product.version)


def _move(product: Product, to: ProductState, action: str, *, actor_id: int, note: str = "") -> None:
    former = product.state
    if not changed_one(update(Product).where(Product.id == product.id, Product.state == former).values(state=to)):
        raise Conflict("product_state")
    db.session.refresh(product, ["state"])
    _note(product, action, former, actor_id=actor_id, note=note)


def _note(product: Product, action: str, former: ProductState | None, *, actor_id: int, note: str = "") -> None:
    db.session.add(
        ProductEvent(
            product_id=product.id,
            action=action,
            from_state=former,
            to_state=product.state,
            note=note,
            actor_id=actor_id,
            at=clock.now(),
        )
    )
    db.session.flush()
    audit.record(
        f"product.{action}",
        object_type="product",
        object_id=product.id,
        actor_id=actor_id,
        version=product.version,
    )


def _needed(note: str) -> str:
    if not note.strip():
        raise Invalid("note_needed", field="note")
    return note.strip()
