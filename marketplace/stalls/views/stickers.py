"""Comparing printed codes with registered accounts, and what is done about foreign ones."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.roles import Role
from marketplace.stalls import queries, services
from marketplace.stalls.forms import OutcomeForm, StickerForm
from marketplace.stalls.models import Stall, StickerCheck, StickerReport, StickerResult
from marketplace.stalls.services import ReadAccount
from marketplace.stalls.views.door import blueprint, is_operator, managed_market, own_stall
from marketplace.web import auth
from marketplace.web.access import allow
from marketplace.web.addresses import asked_page


@blueprint.route("/till/<int:stall_id>/sticker", methods=["GET", "POST"])
@allow(Role.VENDOR)
def own_sticker(stall_id: int) -> ResponseReturnValue:
    """The trader compares the code at the own stall with the registered account."""
    own_stall(stall_id)
    return _compare(stall_id, "stalls/sticker_till.html", url_for("stalls.own_sticker", stall_id=stall_id))


@blueprint.route("/markets/<slug>/stalls/<int:stall_id>/sticker", methods=["GET", "POST"])
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def sticker(slug: str, stall_id: int) -> ResponseReturnValue:
    """The market's management compares the code at a stall with the registered account."""
    queries.get_stall_of(managed_market(slug), stall_id)
    return _compare(stall_id, "stalls/sticker.html", url_for("stalls.sticker", slug=slug, stall_id=stall_id))


@blueprint.get("/markets/managed/stickers")
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def sticker_reports() -> ResponseReturnValue:
    """Reports about foreign codes: those of the own markets, for operators all."""
    return _reports_page(OutcomeForm(formdata=None))


@blueprint.post("/markets/managed/stickers/<int:report_id>/close")
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def close_sticker_report(report_id: int) -> ResponseReturnValue:
    """Say what was done about a foreign code."""
    _managed_report(report_id)
    form, actor_id = OutcomeForm(), auth.require_user().id
    if not form.validate_on_submit():
        return _reports_page(form, wrong=report_id), 422

    def work() -> None:
        with transaction():
            services.close_report(report_id, outcome=form.loaded["outcome"], actor_id=actor_id)

    retrying(work)
    flash(_("The report is closed."))
    return redirect(url_for("stalls.sticker_reports"), 303)


def _compare(stall_id: int, template: str, address: str) -> ResponseReturnValue:
    form, actor_id = StickerForm(), auth.require_user().id
    stall = queries.get_stall(stall_id)
    if not (stall.takes_qr or form.is_submitted()):
        return _page(template, stall, form)
    if form.validate_on_submit():
        try:
            result = retrying(lambda: _check(stall_id, form.loaded, actor_id))
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            flash(*result)
            return redirect(address, 303)
    return _page(template, queries.get_stall(stall_id), form), 422 if form.is_submitted() else 200


def _check(stall_id: int, loaded: dict[str, Any], actor_id: int) -> tuple[str, str]:
    with transaction():
        typed = ReadAccount(loaded["read_bin"] or None, loaded["read_account"] or None)
        return _told(services.check_sticker(stall_id, payload=loaded["payload"], typed=typed, actor_id=actor_id))


def _told(check: StickerCheck) -> tuple[str, str]:
    result = check.result
    if result is StickerResult.MATCHES:
        return _("The printed code leads to the registered account."), "success"
    if (check.read_bin, check.read_account) in queries.accounts_ever_in_force(check.stall_id):
        return _("The printed code leads to the stall's former account. Take it off and print the card anew."), "error"
    if result is StickerResult.OTHER_ACCOUNT:
        return _("Careful: the printed code leads to another account. Take it off now. A report was sent."), "error"
    return _("This is no readable VietQR code. Scan it again, or type bank code and account number."), "error"


def _page(template: str, stall: Stall, form: StickerForm) -> str:
    return render_template(
        template,
        stall=stall,
        market=stall.market,
        form=form,
        report=queries.find_open_report(stall.id),
        checks=queries.latest_checks(stall.id),
    )


def _reach() -> frozenset[int] | None:
    return None if is_operator() else auth.subject_ids(Role.MARKET_MANAGER)


def _managed_report(report_id: int) -> StickerReport:
    report = queries.get_report(report_id)
    reach = _reach()
    if reach is not None and report.stall.market_id not in reach:
        raise NotFound("report_unknown")
    return report


def _reports_page(form: OutcomeForm, *, wrong: int | None = None) -> str:
    reach = _reach()
    return render_template(
        "stalls/sticker_reports.html",
        waiting=queries.list_reports(reach, is_open=True, size=200).items,
        closed=queries.list_reports(reach, is_open=False, page=asked_page()),
        form=form,
        empty_form=OutcomeForm(formdata=None),
        wrong=wrong,
    )
