"""The audit chain: one row per act, each carrying the hash of the row before it (I57-I59)."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.cardnumbers import suspects_index
from marketplace.core.db import Base


class AuditEvent(Base):
    """One act. ``detail`` is canonical JSON of ids and codes, never of names, phones or addresses."""

    __tablename__ = "audit_event"
    __table_args__ = (Index(None, "object_type", "object_id"), suspects_index("audit_event", "detail"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(60))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(80))
    detail: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
