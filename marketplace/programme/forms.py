"""The form on which an officer declares a number."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from marketplace.programme.schemas import DeclareIn
from marketplace.programme.words import FIGURES
from marketplace.stalls.models import Market
from marketplace.web.forms import SchemaForm


class DeclareForm(SchemaForm):
    """Which quantity, how many, counted when, by which source."""

    schema_class = DeclareIn
    key = SelectField(_l("What was counted"), choices=[], validate_choice=False)
    market_id = SelectField(_l("Market (for the number of traders)"), choices=[], validate_choice=False)
    value = StringField(_l("Number"))
    counted_on = StringField(_l("Counted on"))
    source = StringField(_l("Source"))

    def offer(self, markets: Sequence[Market]) -> None:
        """Fill the choices: every quantity, and the area's markets."""
        self.key.choices = [SelectChoice(key.value, str(words)) for key, words in FIGURES.items()]
        whole = SelectChoice("", _("The whole area"))
        self.market_id.choices = [whole, *(SelectChoice(str(market.id), market.name) for market in markets)]
