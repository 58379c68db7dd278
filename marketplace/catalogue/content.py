"""What a listing says, as one value: read from a product, compared, staged as JSON, and written back."""

import json
from dataclasses import dataclass, field, fields, replace
from typing import Any

from sqlalchemy import select

from marketplace.catalogue.models import Pack, Photo, Product, TraceLink
from marketplace.catalogue.trace_links import ParsedLink
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.core.text import fold, slug
from marketplace.files.models import StoredFile


@dataclass(frozen=True)
class PackContent:
    """A size and its price in dong. ``id`` is None for a new one; ``net_weight_grams`` is None for goods by piece."""

    label: str
    price: Dong
    net_weight_grams: int | None = None
    is_offered: bool = True
    id: int | None = None


@dataclass(frozen=True)
class PhotoContent:
    """A published picture by its hash, with words for those who cannot see it. The order of a list is the order."""

    sha256: str
    alternative_text: str


@dataclass(frozen=True)
class Content:
    """Everything that a producer writes about a product."""

    name: str
    origin_commune_id: int
    description: str = ""
    story: str = ""
    planting_area_code: str | None = None
    packs: tuple[PackContent, ...] = ()
    photos: tuple[PhotoContent, ...] = ()
    trace_links: tuple[ParsedLink, ...] = field(default=())


def content_of(product: Product) -> Content:
    """What the product says now."""
    return Content(
        name=product.name,
        origin_commune_id=product.origin_commune_id,
        description=product.description,
        story=product.story,
        planting_area_code=product.planting_area_code,
        packs=tuple(
            PackContent(pack.label, pack.price, pack.net_weight_grams, pack.is_offered, pack.id)
            for pack in product.packs
        ),
        photos=tuple(PhotoContent(photo.file.sha256, photo.alternative_text) for photo in product.photos),
        trace_links=tuple(ParsedLink(link.url, link.host, link.gtin) for link in product.trace_links),
    )


def changed_fields(old: Content, new: Content) -> frozenset[str]:
    """Names of the fields in which two contents differ."""
    return frozenset(part.name for part in fields(Content) if getattr(old, part.name) != getattr(new, part.name))


def to_json(content: Content, names: frozenset[str]) -> str:
    """The named fields as canonical JSON, to be kept in a staged edit."""
    return json.dumps(
        {name: _plain(getattr(content, name)) for name in sorted(names)}, ensure_ascii=False, sort_keys=True
    )


def merged(content: Content, changes: str) -> Content:
    """``content`` with the fields of a staged edit put in."""
    staged: dict[str, Any] = json.loads(changes)
    if "packs" in staged:
        staged["packs"] = tuple(PackContent(**pack) for pack in staged["packs"])
    if "photos" in staged:
        staged["photos"] = tuple(PhotoContent(**photo) for photo in staged["photos"])
    if "trace_links" in staged:
        staged["trace_links"] = tuple(ParsedLink(**link) for link in staged["trace_links"])
    return replace(content, **staged)


def write(product: Product, content: Content, *, is_approved: bool) -> None:
    """Make the product say ``content``. Prices become approved ones when ``is_approved`` or the pack is new."""
    product.name = content.name
    product.slug = (slug(content.name) or "product")[:160].strip("-")
    product.name_search = content.name.lower()[:160]
    product.name_fold = fold(content.name)[:160]
    product.description = content.description
    product.story = content.story
    product.origin_commune_id = content.origin_commune_id
    product.planting_area_code = content.planting_area_code
    _write_packs(product, content.packs, is_approved=is_approved)
    _write_photos(product, content.photos)
    _write_links(product, content.trace_links)
    db.session.flush()
    db.session.expire(product, ["packs", "photos", "trace_links"])


def _write_packs(product: Product, packs: tuple[PackContent, ...], *, is_approved: bool) -> None:
    """Packs that left the list stay as rows (orders name them) and are offered no more."""
    known = {pack.id: pack for pack in product.packs}
    kept = {pack.id for pack in packs if pack.id is not None}
    for position, content in enumerate(packs):
        pack = known.get(content.id) if content.id is not None else None
        if pack is None:
            pack = Pack(product_id=product.id, approved_price=content.price)
            db.session.add(pack)
        pack.label, pack.price, pack.net_weight_grams = content.label, content.price, content.net_weight_grams
        pack.is_offered, pack.position = content.is_offered, position
        if is_approved:
            pack.approved_price = content.price
    for pack_id, pack in known.items():
        if pack_id not in kept:
            pack.is_offered = False
            pack.position = len(packs)


def _write_photos(product: Product, photos: tuple[PhotoContent, ...]) -> None:
    known = {photo.file.sha256: photo for photo in product.photos}
    for position, content in enumerate(photos):
        photo = known.pop(content.sha256, None)
        if photo is None:
            file_id = db.session.scalars(select(StoredFile.id).where(StoredFile.sha256 == content.sha256)).one()
            photo = Photo(product_id=product.id, file_id=file_id)
            db.session.add(photo)
        photo.alternative_text, photo.position = content.alternative_text, position
    for photo in known.values():
        db.session.delete(photo)


def _write_links(product: Product, links: tuple[ParsedLink, ...]) -> None:
    rows = db.session.scalars(select(TraceLink).where(TraceLink.product_id == product.id))
    known = {link.url: link for link in rows}
    for parsed in links:
        link = known.pop(parsed.url, None)
        if link is not None:
            link.removed_at = None
        else:
            db.session.add(
                TraceLink(
                    product_id=product.id,
                    url=parsed.url,
                    host=parsed.host,
                    gtin=parsed.gtin,
                    added_at=clock.now(),
                )
            )
    for link in known.values():
        link.removed_at = link.removed_at or clock.now()


def _plain(value: Any) -> Any:
    return [vars(item) for item in value] if isinstance(value, tuple) else value
