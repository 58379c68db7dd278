"""Recognised products and their certificates. Stars live here and nowhere else."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Base, enum_column
from marketplace.files.models import StoredFile
from marketplace.places.models import AdminUnit
from marketplace.producers.models import Producer


class ProductGroup(StrEnum):
    """The six groups of decisions 919/QĐ-TTg and 148/QĐ-TTg. Tourism is a service: shown, never sold here."""

    FOOD = "food"
    DRINK = "drink"
    HERBAL = "herbal"
    HANDICRAFT = "handicraft"
    ORNAMENTAL = "ornamental"
    TOURISM = "tourism"


class AuthorityLevel(StrEnum):
    """Level of the body that recognises; which one is right depends on stars and date (ocop.rules)."""

    DISTRICT = "district"
    PROVINCE = "province"
    CENTRE = "centre"


class CertificateState(StrEnum):
    """Stored states; *expired* is not one of them: it is said by the calendar (``expires_on``)."""

    PROPOSED = "proposed"
    AWARDED = "awarded"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class OcopProduct(Base):
    """A product as the programme knows it: the thing that one certificate after another recognises."""

    __tablename__ = "ocop_product"
    __table_args__ = (Index(None, "commune_id", "group"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    producer_id: Mapped[int] = mapped_column(ForeignKey("producer.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    name_fold: Mapped[str] = mapped_column(String(200))
    group: Mapped[ProductGroup] = mapped_column(enum_column(ProductGroup, "group"))
    #: Alcoholic drinks need an age gate and take no promotion (Law 44/2019/QH14).
    is_alcohol: Mapped[bool] = mapped_column(default=False)
    commune_id: Mapped[int] = mapped_column(ForeignKey("admin_unit.id"))
    former_commune_id: Mapped[int | None] = mapped_column(ForeignKey("admin_unit.id"), index=True)
    source_url: Mapped[str | None] = mapped_column(String(500))
    producer: Mapped[Producer] = relationship()
    commune: Mapped[AdminUnit] = relationship(foreign_keys=[commune_id])


class Certificate(Base):
    """One recognition: score and stars under a rule set, by a decision, for 36 calendar months.

    Valid on a Vietnamese calendar day ``d`` when awarded, ``issued_on <= d < expires_on`` and not yet ended.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("ocop_product_id", "decision_number", "decided_on"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint("score IS NULL OR (score >= 0 AND score <= 100)", name="score"),
        CheckConstraint("expires_on > issued_on", name="validity"),
        CheckConstraint("(state IN ('withdrawn','superseded')) = (ended_on IS NOT NULL)", name="ended"),
        Index(None, "ocop_product_id", "state", "issued_on", "expires_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ocop_product_id: Mapped[int] = mapped_column(ForeignKey("ocop_product.id"))
    rule_set: Mapped[str] = mapped_column(String(20))
    #: Points out of 100, a mean over council members; unknown in some old sources.
    score: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    stars: Mapped[int]
    #: 90 points and more at province level: sells as 4 stars until the ministry decides.
    is_potential_five_star: Mapped[bool] = mapped_column(default=False)
    decision_number: Mapped[str] = mapped_column(String(60))
    decided_on: Mapped[date]
    authority_level: Mapped[AuthorityLevel] = mapped_column(enum_column(AuthorityLevel, "authority_level"))
    authority_name: Mapped[str] = mapped_column(String(160))
    authority_unit_id: Mapped[int | None] = mapped_column(ForeignKey("admin_unit.id"))
    issued_on: Mapped[date]
    #: First calendar day on which the certificate no longer counts: ``issued_on`` + 36 months.
    expires_on: Mapped[date]
    state: Mapped[CertificateState] = mapped_column(enum_column(CertificateState, "state"))
    #: First calendar day of a withdrawal or of the certificate that superseded this one.
    ended_on: Mapped[date | None]
    end_reason: Mapped[str] = mapped_column(Text, default="")
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    #: True when the certificate is invented for the demonstration (a renewal, for example).
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]
    ocop_product: Mapped[OcopProduct] = relationship()
    evidence: Mapped[StoredFile | None] = relationship()

    @property
    def last_day(self) -> date:
        """Last calendar day on which the certificate counts, as people read it."""
        return self.expires_on - timedelta(days=1)


class CertificateEvent(Base):
    """One step of a certificate: who, when, why (I46)."""

    __tablename__ = "certificate_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), index=True)
    from_state: Mapped[str | None] = mapped_column(String(32))
    to_state: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text, default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
