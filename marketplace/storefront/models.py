"""What tells that something a buyer sees may have changed."""

from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import Base


class ShelfChange(Base):
    """One change of what the shop shows. Written by the database's own triggers (migration 0020), by nothing else."""

    __tablename__ = "shelf_change"

    id: Mapped[int] = mapped_column(primary_key=True)
