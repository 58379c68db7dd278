"""What tells that something a buyer sees may have changed."""

from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import Base


class ShelfWriter(Base):
    """How often one writer changed what the shop shows. Written by the database's own triggers and the tidying worker.

    ``id`` is the connection's process on PostgreSQL, 0 on SQLite (migrations 0020, 0047).
    """

    __tablename__ = "shelf_writer"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    changes: Mapped[int]
