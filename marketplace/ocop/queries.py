"""Reading recognitions: which certificate counts on a day."""

from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select

from marketplace.core.db import db
from marketplace.ocop.models import Certificate, CertificateState


def is_valid_on(day: date) -> ColumnElement[bool]:
    """Whether a ``Certificate`` counts on the day ``day`` in Vietnam: awarded, begun, not run out, not ended."""
    return and_(
        Certificate.state != CertificateState.PROPOSED,
        Certificate.issued_on <= day,
        Certificate.expires_on > day,
        or_(Certificate.ended_on.is_(None), Certificate.ended_on > day),
    )


def valid_certificate(ocop_product_id: int, day: date) -> Certificate | None:
    """The certificate of that product that counts on ``day``, or None."""
    return db.session.scalars(
        select(Certificate)
        .where(Certificate.ocop_product_id == ocop_product_id, is_valid_on(day))
        .order_by(Certificate.issued_on.desc(), Certificate.id.desc())
        .limit(1)
    ).one_or_none()
