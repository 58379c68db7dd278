"""Reading recognised products and certificates. *Valid* is computed here and stored nowhere."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.paging import DEFAULT_LIMIT, NumberedPage, Page
from marketplace.core.text import fold
from marketplace.ocop.models import Certificate, CertificateEvent, CertificateState, OcopProduct
from marketplace.places.models import AdminUnit
from marketplace.producers.models import Producer
from marketplace.producers.queries import is_trading, lies_in, province_id_of


class Standing(StrEnum):
    """What a certificate is worth on a day, as the calendar and its state say."""

    PROPOSED = "proposed"
    NOT_YET = "not_yet"
    VALID = "valid"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class Expiry(StrEnum):
    """Which certificates an officer wants to see."""

    ALL = "all"
    VALID = "valid"
    WITHIN_90_DAYS = "90"
    WITHIN_30_DAYS = "30"
    LAPSED = "lapsed"
    ENDED = "ended"
    PROPOSED = "proposed"


def is_valid_on(day: date | ColumnElement[date]) -> ColumnElement[bool]:
    """SQL clause: the certificate counts on that Vietnamese calendar day.

    Awarded, ``issued_on <= day < expires_on`` and not ended by then; one that was withdrawn or superseded later
    still counted on the days before.
    """
    return and_(
        Certificate.state != CertificateState.PROPOSED,
        Certificate.issued_on <= day,
        Certificate.expires_on > day,
        or_(Certificate.ended_on.is_(None), Certificate.ended_on > day),
    )


def standing_on(certificate: Certificate, day: date) -> Standing:
    """The same question for one certificate, with the reason when the answer is no."""
    if certificate.state == CertificateState.PROPOSED:
        return Standing.PROPOSED
    if certificate.ended_on is not None and certificate.ended_on <= day:
        return Standing(certificate.state.value)
    if day < certificate.issued_on:
        return Standing.NOT_YET
    return Standing.VALID if day < certificate.expires_on else Standing.EXPIRED


def valid_certificate(ocop_product_id: int, day: date) -> Certificate | None:
    """The certificate that counts for the product on ``day`` (there is at most one), or None."""
    chosen = select(Certificate).where(Certificate.ocop_product_id == ocop_product_id, is_valid_on(day))
    return db.session.scalars(chosen.order_by(Certificate.issued_on.desc(), Certificate.id.desc()).limit(1)).first()


def valid_certificates(ocop_product_ids: Collection[int], day: date) -> dict[int, Certificate]:
    """``valid_certificate`` for many products in one query; products without one are not in the answer."""
    chosen = select(Certificate).where(Certificate.ocop_product_id.in_(ocop_product_ids), is_valid_on(day))
    return {found.ocop_product_id: found for found in db.session.scalars(chosen.order_by(Certificate.issued_on))}


def get_ocop_product(ocop_product_id: int) -> OcopProduct:
    """The recognised product with that id. Raises ``NotFound``."""
    found = db.session.get(OcopProduct, ocop_product_id)
    if found is None:
        raise NotFound("ocop_product_not_found")
    return found


def list_products_of(producer_id: int) -> Sequence[OcopProduct]:
    """The recognised products of a producer, by name."""
    chosen = select(OcopProduct).where(OcopProduct.producer_id == producer_id)
    return db.session.scalars(chosen.order_by(OcopProduct.name_fold, OcopProduct.id)).all()


def get_certificate(certificate_id: int, *, province_ids: Collection[int] | None = None) -> Certificate:
    """The certificate with that id; with ``province_ids`` only when its product comes from there.

    Raises ``NotFound`` both ways: another province's certificate answers like a missing one.
    """
    chosen = _with_product().where(Certificate.id == certificate_id)
    if province_ids is not None:
        chosen = chosen.where(lies_in(OcopProduct.__table__.c.commune_id, province_ids))
    found = db.session.scalars(chosen).one_or_none()
    if found is None:
        raise NotFound("certificate_not_found")
    return found


def get_public_certificate(certificate_id: int) -> Certificate:
    """A certificate that was awarded once, whatever became of it. Raises ``NotFound``, also for a proposed one."""
    found = get_certificate(certificate_id)
    if found.state == CertificateState.PROPOSED:
        raise NotFound("certificate_not_found")
    return found


def list_certificates_of(ocop_product_id: int) -> Sequence[Certificate]:
    """Every certificate of a recognised product, newest first."""
    chosen = _with_product().where(Certificate.ocop_product_id == ocop_product_id)
    return db.session.scalars(chosen.order_by(Certificate.issued_on.desc(), Certificate.id.desc())).all()


def list_certificates_of_producers(producer_ids: Collection[int]) -> Sequence[Certificate]:
    """Every certificate of these producers, the first to end first."""
    chosen = _with_product().where(OcopProduct.producer_id.in_(producer_ids))
    return db.session.scalars(chosen.order_by(Certificate.expires_on, Certificate.id)).all()


def list_events(certificate_id: int) -> Sequence[CertificateEvent]:
    """What happened to a certificate, oldest first."""
    events = select(CertificateEvent).where(CertificateEvent.certificate_id == certificate_id)
    return db.session.scalars(events.order_by(CertificateEvent.at, CertificateEvent.id)).all()


def find_overlap(ocop_product_id: int, issued_on: date, expires_on: date) -> Certificate | None:
    """An awarded certificate of the product that counts on some day of ``[issued_on, expires_on)``, or None."""
    overlapping = and_(
        Certificate.ocop_product_id == ocop_product_id,
        Certificate.state != CertificateState.PROPOSED,
        Certificate.issued_on < expires_on,
        Certificate.expires_on > issued_on,
        or_(Certificate.ended_on.is_(None), Certificate.ended_on > issued_on),
    )
    return db.session.scalars(select(Certificate).where(overlapping).order_by(Certificate.id).limit(1)).first()


def list_for_officers(
    province_ids: Collection[int] | None,
    *,
    show: Expiry = Expiry.ALL,
    q: str = "",
    page: int = 1,
    size: int = DEFAULT_LIMIT,
) -> NumberedPage[Certificate]:
    """Certificates of products of these provinces (everywhere when None), the first to end first.

    ``show`` counts from today in Vietnam: *30* and *90* are the days in which the holder is to be told.
    """
    chosen = _with_product().where(_shown(show, clock.today()))
    if province_ids is not None:
        chosen = chosen.where(lies_in(OcopProduct.__table__.c.commune_id, province_ids))
    if fold(q):
        typed = fold(q)
        chosen = chosen.where(
            or_(
                OcopProduct.name_fold.contains(typed, autoescape=True),
                Producer.name_fold.contains(typed, autoescape=True),
                Certificate.decision_number.startswith(q.strip(), autoescape=True),
            )
        )
    total = db.session.scalar(select(func.count()).select_from(chosen.order_by(None).subquery())) or 0
    newest_last = Certificate.expires_on.desc() if show in (Expiry.LAPSED, Expiry.ENDED) else Certificate.expires_on
    rows = db.session.scalars(chosen.order_by(newest_last, Certificate.id).limit(size).offset((page - 1) * size))
    return NumberedPage(rows.all(), number=page, size=size, total=total)


def list_public_certificates(
    *,
    commune: str | None = None,
    producer: str | None = None,
    valid_on: date | None = None,
    after: int | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Certificate]:
    """Awarded certificates of trading producers in order of id; ``commune`` is a code of today, ``producer`` a slug."""
    chosen = _with_product().where(Certificate.state != CertificateState.PROPOSED, is_trading())
    if commune:
        chosen = chosen.join(AdminUnit, OcopProduct.commune_id == AdminUnit.id).where(
            AdminUnit.code == commune, AdminUnit.valid_to.is_(None)
        )
    if producer:
        chosen = chosen.where(Producer.slug == producer)
    if valid_on is not None:
        chosen = chosen.where(is_valid_on(valid_on))
    if after is not None:
        chosen = chosen.where(Certificate.id > after)
    rows = db.session.scalars(chosen.order_by(Certificate.id).limit(limit + 1)).all()
    return Page(rows[:limit], next=str(rows[limit - 1].id) if len(rows) > limit else None)


@dataclass(frozen=True)
class ExpiryCounts:
    """How many certificates an officer should look at."""

    within_90_days: int
    within_30_days: int
    lapsed: int
    proposed: int


def count_expiries(province_ids: Collection[int] | None) -> ExpiryCounts:
    """Numbers for the officer's tabs (everywhere when ``province_ids`` is None)."""

    def count(show: Expiry) -> int:
        chosen = select(func.count()).select_from(Certificate).join(OcopProduct)
        chosen = chosen.where(_shown(show, clock.today()))
        if province_ids is not None:
            chosen = chosen.where(lies_in(OcopProduct.__table__.c.commune_id, province_ids))
        return db.session.scalar(chosen) or 0

    return ExpiryCounts(
        within_90_days=count(Expiry.WITHIN_90_DAYS),
        within_30_days=count(Expiry.WITHIN_30_DAYS),
        lapsed=count(Expiry.LAPSED),
        proposed=count(Expiry.PROPOSED),
    )


def _shown(show: Expiry, today: date) -> ColumnElement[bool]:
    awarded = Certificate.state == CertificateState.AWARDED
    ended = Certificate.state.in_((CertificateState.WITHDRAWN, CertificateState.SUPERSEDED))
    clauses: dict[Expiry, ColumnElement[bool]] = {
        Expiry.ALL: Certificate.id > 0,
        Expiry.VALID: is_valid_on(today),
        Expiry.WITHIN_90_DAYS: and_(is_valid_on(today), Certificate.expires_on <= today + timedelta(days=90)),
        Expiry.WITHIN_30_DAYS: and_(is_valid_on(today), Certificate.expires_on <= today + timedelta(days=30)),
        Expiry.LAPSED: and_(awarded, Certificate.expires_on <= today),
        Expiry.ENDED: ended,
        Expiry.PROPOSED: Certificate.state == CertificateState.PROPOSED,
    }
    return clauses[show]


def _with_product() -> Select[Certificate]:
    return (
        select(Certificate)
        .join(Certificate.ocop_product)
        .join(OcopProduct.producer)
        .options(contains_eager(Certificate.ocop_product).contains_eager(OcopProduct.producer))
    )


@dataclass(frozen=True)
class Reader:
    """Who asks for a scanned decision: the producers that the person acts for, the places of the person's offices."""

    is_operator: bool
    producer_ids: frozenset[int]
    unit_ids: frozenset[int]


def may_see_evidence(certificate: Certificate, reader: Reader) -> bool:
    """Operators, officers of the commune or its province, and the producer; a scan may show names and signatures."""
    product = certificate.ocop_product
    places = {product.commune_id, province_id_of(product.commune_id)}
    return reader.is_operator or product.producer_id in reader.producer_ids or bool(places & reader.unit_ids)
