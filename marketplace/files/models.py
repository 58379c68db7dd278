"""Files known by the hash of their content."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import Base

#: Media types that the store holds, and how their files' names end.
EXTENSIONS = {"image/jpeg": "jpg", "image/webp": "webp", "application/pdf": "pdf"}


class StoredFile(Base):
    """One file in the store; ``sha256`` names it there, ``shown_name`` is what people called it (cleaned)."""

    __tablename__ = "stored_file"
    __table_args__ = (CheckConstraint("size > 0", name="size"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    shown_name: Mapped[str] = mapped_column(String(120))
    #: Published as a picture of a product; evidence is not, and is handed out by the room that it belongs to.
    is_public: Mapped[bool]
    stored_at: Mapped[datetime]

    @property
    def extension(self) -> str:
        """How the file's name ends in the store and in addresses."""
        return EXTENSIONS[self.media_type]
