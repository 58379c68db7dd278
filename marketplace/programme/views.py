"""The page on which an officer declares the numbers that the shop cannot count, with their history."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.core.roles import Role
from marketplace.places.errors import PlaceNotFound
from marketplace.programme import queries, services
from marketplace.programme.areas import Area, get_readable_area, may_declare
from marketplace.programme.forms import DeclareForm
from marketplace.programme.words import FIGURES
from marketplace.web.access import allow
from marketplace.web.auth import require_user

blueprint = Blueprint("programme", __name__, url_prefix="/programme")


@blueprint.get("/figures/<int:unit_id>")
@allow(Role.COMMUNE_OFFICER, Role.PROVINCE_OFFICER, Role.OPERATOR)
def figures(unit_id: int) -> ResponseReturnValue:
    """Everything declared for an area, newest count first; its officer finds the form above."""
    return _page(get_readable_area(unit_id, require_user().scopes), DeclareForm())


@blueprint.post("/figures/<int:unit_id>")
@allow(Role.COMMUNE_OFFICER, Role.PROVINCE_OFFICER)
def declare(unit_id: int) -> ResponseReturnValue:
    """Declare one number for the own area. 404 for an area of others."""
    person = require_user()
    area = get_readable_area(unit_id, person.scopes)
    if not may_declare(area.unit, person.scopes):
        raise PlaceNotFound(str(unit_id))
    actor_id = person.id
    form = DeclareForm()
    if not form.validate_on_submit():
        return _page(area, form), 422
    try:
        with transaction():
            services.declare_figure(get_readable_area(unit_id, person.scopes), actor_id=actor_id, **form.loaded)
    except Invalid as error:
        form.refuse(error)
        return _page(get_readable_area(unit_id, person.scopes), form), 422
    flash(_("The number was kept. The report uses it from now on."))
    return redirect(url_for("programme.figures", unit_id=unit_id), 303)


def _page(area: Area, form: DeclareForm) -> str:
    markets = queries.list_markets(area)
    form.offer(markets)
    return render_template(
        "programme/figures.html",
        area=area,
        form=form,
        may_declare=may_declare(area.unit, require_user().scopes),
        history=queries.list_declared(area),
        markets={market.id: market.name for market in markets},
        words={key.value: words for key, words in FIGURES.items()},
    )
