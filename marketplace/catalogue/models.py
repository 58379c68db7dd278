"""Products as the shop shows them. No stars and no quantities here: those are facts of other rooms."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Base, enum_column
from marketplace.core.money import Dong
from marketplace.files.models import StoredFile
from marketplace.ocop.models import OcopProduct
from marketplace.places.models import AdminUnit
from marketplace.producers.models import Producer


class ProductState(StrEnum):
    """Draft -> submitted -> approved (on sale) or changes wanted; paused and archived by the producer."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHANGES_WANTED = "changes_wanted"
    APPROVED = "approved"
    PAUSED = "paused"
    ARCHIVED = "archived"


class EditState(StrEnum):
    """A staged edit of an approved product; at most one is open."""

    SUBMITTED = "submitted"
    CHANGES_WANTED = "changes_wanted"
    APPROVED = "approved"
    DISCARDED = "discarded"


class Product(Base):
    """One listing under one recognised product. What buyers read is what was approved."""

    __tablename__ = "product"
    __table_args__ = (
        Index(None, "producer_id", "state"),
        Index(None, "state", "approved_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(160))
    producer_id: Mapped[int] = mapped_column(ForeignKey("producer.id"))
    ocop_product_id: Mapped[int] = mapped_column(ForeignKey("ocop_product.id"), index=True)
    name: Mapped[str] = mapped_column(String(160))
    #: NFC lower case, marks kept, and folded: typed marks rank first, missing marks still find.
    name_search: Mapped[str] = mapped_column(String(160))
    name_fold: Mapped[str] = mapped_column(String(160))
    description: Mapped[str] = mapped_column(Text, default="")
    story: Mapped[str] = mapped_column(Text, default="")
    origin_commune_id: Mapped[int] = mapped_column(ForeignKey("admin_unit.id"), index=True)
    planting_area_code: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[ProductState] = mapped_column(enum_column(ProductState, "state"), index=True)
    #: Counts up with every change; a form that carries an older one is refused (S8).
    version: Mapped[int] = mapped_column(default=1)
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    producer: Mapped[Producer] = relationship()
    ocop_product: Mapped[OcopProduct] = relationship()
    origin_commune: Mapped[AdminUnit] = relationship()
    packs: Mapped[list["Pack"]] = relationship(back_populates="product", order_by="Pack.position")
    photos: Mapped[list["Photo"]] = relationship(back_populates="product", order_by="Photo.position")
    #: The links that it carries now; one that was taken away stays for the figures of past months.
    trace_links: Mapped[list["TraceLink"]] = relationship(
        primaryjoin="and_(Product.id == TraceLink.product_id, TraceLink.removed_at.is_(None))",
        order_by="TraceLink.id",
        viewonly=True,
    )


class Pack(Base):
    """A size in which a product is sold. The price may move inside a band around the approved one at once."""

    __tablename__ = "pack"
    __table_args__ = (
        CheckConstraint("price BETWEEN 1000 AND 99999999", name="price"),
        CheckConstraint("approved_price BETWEEN 1000 AND 99999999", name="approved_price"),
        CheckConstraint("net_weight_grams IS NULL OR net_weight_grams BETWEEN 1 AND 1000000", name="net_weight"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    label: Mapped[str] = mapped_column(String(80))
    #: Grams or millilitres; None where goods are counted by piece.
    net_weight_grams: Mapped[int | None]
    price: Mapped[Dong]
    approved_price: Mapped[Dong]
    position: Mapped[int] = mapped_column(default=0)
    is_offered: Mapped[bool] = mapped_column(default=True)
    product: Mapped[Product] = relationship(back_populates="packs")

    @property
    def price_per_kilogram(self) -> Dong | None:
        """Unit price in dong per kilogram (or litre), rounded half up; None without a net weight."""
        if not self.net_weight_grams:
            return None
        return Dong((self.price * 2000 + self.net_weight_grams) // (2 * self.net_weight_grams))


class Photo(Base):
    """A picture of a product, written anew by us, with words for those who cannot see it."""

    __tablename__ = "product_photo"
    __table_args__ = (UniqueConstraint("product_id", "file_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    alternative_text: Mapped[str] = mapped_column(String(200))
    position: Mapped[int] = mapped_column(default=0)
    product: Mapped[Product] = relationship(back_populates="photos")
    file: Mapped[StoredFile] = relationship()


class TraceLink(Base):
    """An https link to a trace page: national or provincial portal, GS1 Digital Link, or our own page."""

    __tablename__ = "trace_link"
    __table_args__ = (UniqueConstraint("product_id", "url"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    url: Mapped[str] = mapped_column(String(500))
    host: Mapped[str] = mapped_column(String(253))
    gtin: Mapped[str | None] = mapped_column(String(14))
    added_at: Mapped[datetime]
    #: When the producer took it away; None while it stands.
    removed_at: Mapped[datetime | None]
    product: Mapped[Product] = relationship()


class StagedEdit(Base):
    """Changes that wait for approval while the old version stays on sale; ``changes`` is JSON by field name."""

    __tablename__ = "staged_edit"
    __table_args__ = (
        Index(
            "uq_staged_edit_open",
            "product_id",
            unique=True,
            sqlite_where=text("state IN ('submitted','changes_wanted')"),
            postgresql_where=text("state IN ('submitted','changes_wanted')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    changes: Mapped[str] = mapped_column(Text)
    state: Mapped[EditState] = mapped_column(enum_column(EditState, "state"))
    note: Mapped[str] = mapped_column(Text, default="")
    submitted_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    submitted_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    product: Mapped[Product] = relationship()


class ProductEvent(Base):
    """One step of a product's life: who, when, what, with the note."""

    __tablename__ = "product_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    action: Mapped[str] = mapped_column(String(40))
    from_state: Mapped[str | None] = mapped_column(String(32))
    to_state: Mapped[str] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(Text, default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
