"""What was found when a trace link was looked at, and when its portal was called."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalogue.models import TraceLink
from marketplace.core.db import Base, enum_column


class LinkStatus(StrEnum):
    """Outcome of one look at one link, without calling anybody."""

    OK = "ok"
    BAD_SYNTAX = "bad_syntax"
    HOST_NOT_ALLOWED = "host_not_allowed"
    GTIN_MISMATCH = "gtin_mismatch"
    UNREACHABLE = "unreachable"


class CallAnswer(StrEnum):
    """What came of calling a portal once."""

    #: A page came.
    WORKS = "works"
    #: The portal says that there is no such page (404, 410).
    GONE = "gone"
    #: No answer although our network works, or an error of the portal (5xx).
    FAILED = "failed"
    #: An answer that proves neither: the portal refuses programs, or leads to where we do not follow.
    UNSURE = "unsure"
    #: We reached nobody else either: says nothing of the link.
    NO_NETWORK = "no_network"


class LinkState(StrEnum):
    """What is believed of a link."""

    WORKS = "works"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class LinkCheck(Base):
    """One look at one trace link: syntax, portal, code; the newest one speaks."""

    __tablename__ = "link_check"
    __table_args__ = (Index(None, "trace_link_id", "checked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    trace_link_id: Mapped[int] = mapped_column(ForeignKey("trace_link.id"))
    checked_at: Mapped[datetime]
    status: Mapped[LinkStatus] = mapped_column(enum_column(LinkStatus, "status"))
    note: Mapped[str] = mapped_column(String(200), default="")
    trace_link: Mapped[TraceLink] = relationship()


class LinkCall(Base):
    """One call of the portal behind a link, and what is believed of the link since; the newest one speaks.

    Calls are kept, so that the figure of a month that has ended stays what it was.
    """

    __tablename__ = "link_call"
    __table_args__ = (Index(None, "trace_link_id", "called_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    trace_link_id: Mapped[int] = mapped_column(ForeignKey("trace_link.id"))
    called_at: Mapped[datetime]
    answer: Mapped[CallAnswer] = mapped_column(enum_column(CallAnswer, "answer"))
    #: The last HTTP status; None when there was none.
    http_status: Mapped[int | None]
    #: A code that says more, such as ``timeout`` or ``leads_elsewhere``.
    note: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[LinkState] = mapped_column(enum_column(LinkState, "state"))
    #: When a page came last, this call included; None when never.
    answered_at: Mapped[datetime | None]
    trace_link: Mapped[TraceLink] = relationship()
