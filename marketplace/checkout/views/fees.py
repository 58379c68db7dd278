"""Door: the operator sees and adds the rules of the platform's fee, and sees what the law withholds."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.checkout import queries, services
from marketplace.checkout.forms import FeeRuleForm
from marketplace.checkout.messages import SUPPLIED, TAXES
from marketplace.checkout.rates import WHOLE
from marketplace.checkout.services import NewRule
from marketplace.checkout.views.blueprint import blueprint
from marketplace.core import clock
from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Invalid
from marketplace.core.roles import Role
from marketplace.ocop.words import GROUPS
from marketplace.producers.words import KINDS
from marketplace.web import auth
from marketplace.web.access import allow
from marketplace.web.navigation import MenuItem, add

_OPERATOR = frozenset({Role.OPERATOR})
add(MenuItem(_l("Fees and taxes"), "checkout.fees", 72, _OPERATOR, "percent", on_desk_of=_OPERATOR))


@blueprint.route("/operator/fees", methods=["GET", "POST"])
@allow(Role.OPERATOR)
def fees() -> ResponseReturnValue:
    """All rules, newest first, and a form for one more. Rules are never edited: a newer one takes over."""
    form = FeeRuleForm()
    if not form.is_submitted():
        return _page(form)
    if form.validate_on_submit():
        rule, actor_id = _rule(form), auth.require_user().id

        def write() -> None:
            with transaction():
                services.add_fee_rule(rule, actor_id=actor_id)

        try:
            retrying(write)
        except Invalid as refused:
            form.refuse(refused)
        else:
            flash(_("The rule is added."), "message")
            return redirect(url_for("checkout.fees"), 303)
    return _page(form), 422


def _rule(form: FeeRuleForm) -> NewRule:
    typed = form.loaded
    basis_points = int(typed["percent"] * (WHOLE // 100))
    return NewRule(typed["producer_kind"], typed["product_group"], basis_points, typed["valid_from"], typed["source"])


def _page(form: FeeRuleForm) -> str:
    return render_template(
        "checkout/fees.html",
        form=form,
        rules=queries.fee_rules(),
        rates=queries.tax_rates(),
        today=clock.today(),
        kinds=KINDS,
        groups=GROUPS,
        taxes=TAXES,
        supplied=SUPPLIED,
    )
