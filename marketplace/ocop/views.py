"""Doors: the public certificate, the producer's own ones, and the officers' desk."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.core import clock
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.roles import OFFICERS, Role
from marketplace.files import services as files
from marketplace.files.services import PreparedFile
from marketplace.files.serving import send_evidence
from marketplace.ocop import queries, rules, services
from marketplace.ocop.forms import CertificateForm, WithdrawalForm
from marketplace.ocop.models import Certificate
from marketplace.ocop.queries import Expiry, Reader, standing_on
from marketplace.ocop.services import Decision
from marketplace.ocop.words import GROUPS, LEVELS, STANDINGS, STATES, TABS, TONES
from marketplace.places.queries import place_choice
from marketplace.producers import queries as producers
from marketplace.producers.models import Producer
from marketplace.producers.reviewer import Reviewer
from marketplace.web import navigation
from marketplace.web.access import PUBLIC, SIGNED_IN, allow
from marketplace.web.addresses import asked_page
from marketplace.web.auth import require_user, subject_ids, unit_ids
from marketplace.web.navigation import MenuItem
from marketplace.web.uploads import read_upload

blueprint = Blueprint("ocop", __name__)

navigation.add(
    MenuItem(
        _l("Certificates"),
        "ocop.desk",
        35,
        frozenset({Role.PROVINCE_OFFICER, Role.OPERATOR}),
        "award",
        on_desk_of=frozenset({Role.OPERATOR}),
    ),
    MenuItem(
        _l("My certificates"),
        "ocop.mine",
        32,
        frozenset({Role.PRODUCER}),
        "award",
        on_desk_of=frozenset({Role.PRODUCER}),
    ),
)


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {
        "ocop_groups": GROUPS,
        "authority_levels": LEVELS,
        "certificate_standings": STANDINGS,
        "certificate_states": STATES,
        "certificate_tones": TONES,
        "standing_on": standing_on,
    }


@blueprint.get("/certificates/<int:certificate_id>")
@allow(PUBLIC)
def show(certificate_id: int) -> ResponseReturnValue:
    """A certificate for everybody: what was recognised, by which decision, until when, and what became of it."""
    certificate = queries.get_public_certificate(certificate_id)
    return render_template(
        "ocop/show.html",
        certificate=certificate,
        others=[
            row
            for row in queries.list_certificates_of(certificate.ocop_product_id)
            if row.id != certificate.id and row.state != "proposed"
        ],
        events=[event for event in queries.list_events(certificate.id) if event.to_state != "proposed"],
    )


@blueprint.get("/certificates/<int:certificate_id>/evidence")
@allow(SIGNED_IN)
def evidence(certificate_id: int) -> ResponseReturnValue:
    """The scanned decision as a download: for operators, officers of the place and the producer; 404 for others."""
    certificate = queries.get_certificate(certificate_id)
    reader = Reader(_reviewer().is_operator, subject_ids(Role.PRODUCER), unit_ids(*OFFICERS))
    if certificate.evidence is None or not queries.may_see_evidence(certificate, reader):
        raise NotFound("file_not_found")
    return send_evidence(certificate.evidence)


@blueprint.get("/my/certificates")
@allow(Role.PRODUCER)
def mine() -> ResponseReturnValue:
    """The certificates of the producers that the person acts for, the first to end first."""
    rows = queries.list_certificates_of_producers(subject_ids(Role.PRODUCER))
    return render_template("ocop/mine.html", rows=rows)


@blueprint.get("/officer/certificates")
@allow(Role.PROVINCE_OFFICER, Role.OPERATOR)
def desk() -> ResponseReturnValue:
    """Certificates of the own province (operator: of all), by what is to be done about them."""
    asked = request.args.get("show", "")
    show = Expiry(asked) if asked in set(Expiry) else Expiry.ALL
    page = queries.list_for_officers(_provinces(), show=show, q=request.args.get("q", "")[:120], page=asked_page())
    return render_template(
        "ocop/desk.html", page=page, show=show, tabs=TABS, counts=queries.count_expiries(_provinces())
    )


@blueprint.get("/officer/producers")
@allow(Role.PROVINCE_OFFICER, Role.OPERATOR)
def choose_producer() -> ResponseReturnValue:
    """Whose certificate is to be recorded? Producers of the own province (operator: of all) by name."""
    page = producers.list_in_provinces(_provinces(), q=request.args.get("q", "")[:120], page=asked_page())
    return render_template("ocop/choose_producer.html", page=page)


@blueprint.route("/officer/producers/<int:producer_id>/certificates/new", methods=["GET", "POST"])
@allow(Role.PROVINCE_OFFICER, Role.OPERATOR)
def record(producer_id: int) -> ResponseReturnValue:
    """Record a certificate. An officer's 3 and 4 stars count at once, 5 stars wait for the operator."""
    producer = _producer_of_province(producer_id)
    form = CertificateForm(data=_defaults(producer))
    by = _reviewer()
    form.offer(queries.list_products_of(producer_id), (5,) if by.is_operator else (4, 3, 5))
    if request.method == "POST" and "pick_place" not in request.form and form.validate_on_submit():
        try:
            certificate = _save(form, producer, by)
        except Invalid as error:
            form.refuse(error)
        else:
            _tell(certificate)
            return redirect(url_for("ocop.review", certificate_id=certificate.id), 303)
    choice = place_choice(form.province.data, form.commune.data)
    return render_template("ocop/record.html", form=form, producer=producer, choice=choice)


@blueprint.get("/officer/certificates/<int:certificate_id>")
@allow(Role.PROVINCE_OFFICER, Role.OPERATOR)
def review(certificate_id: int) -> ResponseReturnValue:
    """One certificate with its history and what may be done."""
    certificate = queries.get_certificate(certificate_id, province_ids=_provinces())
    return _review_page(certificate, WithdrawalForm(data={"ended_on": f"{clock.today():%d/%m/%Y}"}))


@blueprint.post("/officer/certificates/<int:certificate_id>/award")
@allow(Role.OPERATOR)
def award(certificate_id: int) -> ResponseReturnValue:
    """Make a proposed certificate count; with ``replaces`` the one that counts today ends."""
    with transaction():
        services.award_certificate(certificate_id, by=_reviewer(), replaces_present=bool(request.form.get("replaces")))
    flash(_("The certificate counts now."))
    return redirect(url_for("ocop.review", certificate_id=certificate_id), 303)


@blueprint.post("/officer/certificates/<int:certificate_id>/withdraw")
@allow(Role.PROVINCE_OFFICER, Role.OPERATOR)
def withdraw(certificate_id: int) -> ResponseReturnValue:
    """Take a certificate back, with reason and day."""
    form = WithdrawalForm()
    queries.get_certificate(certificate_id, province_ids=_provinces())
    if form.validate_on_submit():
        try:
            with transaction():
                services.withdraw_certificate(certificate_id, by=_reviewer(), **form.loaded)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(_("The certificate is withdrawn."))
            return redirect(url_for("ocop.review", certificate_id=certificate_id), 303)
    return _review_page(queries.get_certificate(certificate_id, province_ids=_provinces()), form)


def _save(form: CertificateForm, producer: Producer, by: Reviewer) -> Certificate:
    typed = dict(form.loaded)
    scan = _prepared_evidence(form)
    decision = Decision(
        stars=typed["stars"],
        number=typed["decision_number"],
        decided_on=typed["decided_on"],
        authority_level=typed["authority_level"],
        authority_name=typed["authority_name"],
        score=typed["score"],
        is_potential_five_star=typed["is_potential_five_star"],
        issued_on=typed["issued_on"],
    )
    with transaction():
        product_id = _product_id(typed, producer, by)
        evidence_id = files.keep(scan).id if scan else None
        return services.enter_certificate(
            product_id, decision, by=by, evidence_id=evidence_id, replaces_present=typed["replaces"]
        )


def _product_id(typed: dict[str, Any], producer: Producer, by: Reviewer) -> int:
    """The chosen recognised product of that producer, or a new one."""
    if typed["ocop_product"] is not None:
        return services.product_of_producer(producer.id, typed["ocop_product"]).id
    for name in ("name", "group"):
        if typed[name] is None:
            raise Invalid("required", field=name)
    made = services.recognise_product(
        producer.id,
        name=typed["name"],
        group=typed["group"],
        is_alcohol=typed["is_alcohol"],
        commune_id=producers.get_commune(typed["commune"] or "").id,
        by=by,
    )
    return made.id


def _prepared_evidence(form: CertificateForm) -> PreparedFile | None:
    upload = form.evidence.data
    content = read_upload(upload or None, field="evidence", limit=files.MAX_EVIDENCE_BYTES)
    if content is None:
        return None
    try:
        return files.prepare_evidence(content, shown_name=upload.filename)
    except Invalid as error:
        raise Invalid(error.code, field="evidence", **error.facts) from error


def _tell(certificate: Certificate) -> None:
    if certificate.state == "proposed":
        flash(_("The operator is asked to award it: five stars are the ministry's decision."))
    else:
        flash(_("The certificate is recorded."))
    if not rules.is_usual_decision_number(certificate.decision_number):
        flash(_("Please look at the decision number again: it usually looks like 2497/QĐ-UBND."), "warning")


def _review_page(certificate: Certificate, form: WithdrawalForm) -> ResponseReturnValue:
    by = _reviewer()
    is_five = certificate.stars == rules.HIGHEST_STARS
    is_own = by.is_officer_of(producers.province_id_of(certificate.ocop_product.commune_id))
    return render_template(
        "ocop/review.html",
        certificate=certificate,
        form=form,
        events=queries.list_events(certificate.id),
        may_decide=by.is_operator if is_five else is_own,
    )


def _defaults(producer: Producer) -> dict[str, Any]:
    province = producer.commune.parent
    return {
        "authority_level": "province",
        "authority_name": f"UBND {province.full_name[:1].lower()}{province.full_name[1:]}" if province else "",
        "province": province.code if province else "",
        "commune": producer.commune.code,
    }


def _producer_of_province(producer_id: int) -> Producer:
    producer = producers.get_producer(producer_id)
    if not _reviewer().may_act_in(producers.province_id_of(producer.commune_id)):
        raise NotFound("producer_not_found")
    return producer


def _reviewer() -> Reviewer:
    person = require_user()
    return Reviewer.of(person.id, person.scopes)


def _provinces() -> frozenset[int] | None:
    """Where the person looks: everywhere (None) for an operator, else the own provinces."""
    by = _reviewer()
    return None if by.is_operator else by.province_ids
