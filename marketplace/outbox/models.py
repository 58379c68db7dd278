"""Messages written in the transaction that causes them and delivered after it."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.cardnumbers import suspects_index
from marketplace.core.db import Base


class OutboxMessage(Base):
    """One message; ``key`` is unique, so a fact is announced once (I64). ``payload`` is JSON."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index(None, "done_at", "dead_at", "due_at"),
        suspects_index("outbox_message", "payload", "last_error"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    topic: Mapped[str] = mapped_column(String(60))
    payload: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
