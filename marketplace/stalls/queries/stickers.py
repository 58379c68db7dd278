"""Reading the checks of printed codes and the reports about foreign ones."""

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.paging import NumberedPage
from marketplace.stalls.models import Market, Stall, StickerCheck, StickerReport

PAGE_SIZE = 30


def latest_checks(stall_id: int, limit: int = 10) -> list[StickerCheck]:
    """The last checks of a stall's printed code with who made them, newest first."""
    statement = select(StickerCheck).options(joinedload(StickerCheck.checker)).where(StickerCheck.stall_id == stall_id)
    return list(db.session.scalars(statement.order_by(StickerCheck.id.desc()).limit(limit)))


def find_open_report(stall_id: int) -> StickerReport | None:
    """The open report about a foreign code at the stall, or None."""
    statement = select(StickerReport).options(joinedload(StickerReport.check))
    return db.session.scalars(
        statement.where(StickerReport.stall_id == stall_id, StickerReport.closed_at.is_(None))
    ).one_or_none()


def get_report(report_id: int) -> StickerReport:
    """A report with its check and stall. Raises ``NotFound`` (``report_unknown``)."""
    report = db.session.get(StickerReport, report_id)
    if report is None:
        raise NotFound("report_unknown")
    return report


def list_reports(
    market_ids: frozenset[int] | None, *, is_open: bool, page: int = 1, size: int = PAGE_SIZE
) -> NumberedPage[StickerReport]:
    """Reports about foreign codes of these markets (None: of all), open ones oldest first, closed ones newest first."""
    which = [StickerReport.closed_at.is_(None) if is_open else StickerReport.closed_at.is_not(None)]
    if market_ids is not None:
        which.append(Stall.market_id.in_(market_ids))
    counted = select(func.count()).select_from(StickerReport).join(StickerReport.stall).where(*which)
    total = db.session.scalar(counted) or 0
    order = StickerReport.id if is_open else StickerReport.closed_at.desc()
    statement = (
        select(StickerReport)
        .join(StickerReport.stall)
        .options(
            joinedload(StickerReport.stall).joinedload(Stall.market),
            joinedload(StickerReport.check).joinedload(StickerCheck.checker),
        )
        .where(*which)
        .order_by(order)
        .limit(size)
        .offset((page - 1) * size)
    )
    return NumberedPage(list(db.session.scalars(statement)), page, size, total)


def count_open_sticker_reports(market_ids: frozenset[int] | None = None) -> int:
    """How many reports about foreign codes wait, in these markets or (None) in all: for desks."""
    statement = select(func.count()).select_from(StickerReport).join(StickerReport.stall).join(Stall.market)
    statement = statement.where(StickerReport.closed_at.is_(None))
    if market_ids is not None:
        statement = statement.where(Market.id.in_(market_ids))
    return db.session.scalar(statement) or 0
