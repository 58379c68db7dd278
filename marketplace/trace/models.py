"""What was found when a trace link was checked."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalogue.models import TraceLink
from marketplace.core.db import Base, enum_column


class LinkStatus(StrEnum):
    """Outcome of one check of one link."""

    OK = "ok"
    BAD_SYNTAX = "bad_syntax"
    HOST_NOT_ALLOWED = "host_not_allowed"
    GTIN_MISMATCH = "gtin_mismatch"
    UNREACHABLE = "unreachable"


class LinkCheck(Base):
    """One check of one trace link; the newest one speaks (indicator T1)."""

    __tablename__ = "link_check"
    __table_args__ = (Index(None, "trace_link_id", "checked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    trace_link_id: Mapped[int] = mapped_column(ForeignKey("trace_link.id"))
    checked_at: Mapped[datetime]
    status: Mapped[LinkStatus] = mapped_column(enum_column(LinkStatus, "status"))
    note: Mapped[str] = mapped_column(String(200), default="")
    trace_link: Mapped[TraceLink] = relationship()
