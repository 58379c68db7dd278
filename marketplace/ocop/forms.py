"""Forms about certificates."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from marketplace.ocop.models import OcopProduct
from marketplace.ocop.schemas import CertificateIn, WithdrawalIn
from marketplace.ocop.words import GROUPS, LEVELS
from marketplace.web.forms import SchemaForm


class CertificateForm(SchemaForm):
    """A decision about one product of a producer; the commune of a new product is drawn by the place picker."""

    schema_class = CertificateIn
    ocop_product = SelectField(_l("Recognised product"), validate_choice=False)
    name = StringField(_l("Name of the new product"))
    group = SelectField(
        _l("Group"),
        choices=[SelectChoice("", "–"), *(SelectChoice(group.value, words) for group, words in GROUPS.items())],
    )
    is_alcohol = BooleanField(_l("Contains alcohol"))
    province = StringField()
    commune = StringField()
    stars = SelectField(_l("Stars"), validate_choice=False)
    is_potential_five_star = BooleanField(_l("Potential five stars: 90 points and more, the ministry has not decided"))
    score = StringField(_l("Points (if the decision tells them)"))
    decision_number = StringField(_l("Number of the decision"))
    decided_on = StringField(_l("Day of the decision"))
    issued_on = StringField(_l("First day of the certificate (if another one)"))
    authority_level = SelectField(
        _l("Level"), choices=[SelectChoice(level.value, words) for level, words in LEVELS.items()]
    )
    authority_name = StringField(_l("Authority as it signs"))
    replaces = BooleanField(_l("Replaces the certificate that still counts"))
    evidence = FileField(_l("The decision as PDF or photo"))

    def offer(self, products: Sequence[OcopProduct], stars: Sequence[int]) -> None:
        """Fill the lists: the producer's recognised products (or a new one), and the stars that the person records."""
        named = [SelectChoice(str(product.id), product.name) for product in products]
        self.ocop_product.choices = [*named, SelectChoice("0", _l("A product that is recognised for the first time"))]
        self.stars.choices = [SelectChoice(str(count), f"{count} ★") for count in stars]


class WithdrawalForm(SchemaForm):
    """Why and since when a certificate counts no more."""

    schema_class = WithdrawalIn
    reason = TextAreaField(_l("Reason"))
    ended_on = StringField(_l("From which day"))
