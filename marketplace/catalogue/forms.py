"""Forms about products."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice

from marketplace.catalogue.content import Content
from marketplace.catalogue.schemas import ProductIn, VerdictIn
from marketplace.catalogue.services import MAX_LINKS, MAX_PACKS
from marketplace.core.money import format_dong
from marketplace.ocop.models import OcopProduct
from marketplace.web.forms import SchemaForm

_BLANK_PACKS, _BLANK_LINKS = 2, 1


class PackRow(Form):  # type: ignore[misc]  # WTForms carries no types
    """One size."""

    id = HiddenField()
    label = StringField(_l("Pack"))
    price = StringField(_l("Price (đồng)"))
    net_weight_grams = StringField(_l("Net weight (g or ml)"))
    is_offered = BooleanField(_l("Offered"), default=True)


class PhotoRow(Form):  # type: ignore[misc]
    """One picture."""

    sha256 = HiddenField()
    alternative_text = StringField(_l("What can be seen"))
    position = StringField(_l("Place in the order"))
    is_removed = BooleanField(_l("Remove this picture"))


class ProductForm(SchemaForm):
    """A listing. New pictures come one by one by ``photo``; they stay in the form even when something else is wrong."""

    schema_class = ProductIn
    version = HiddenField()
    ocop_product = SelectField(_l("Recognised product"), validate_choice=False)
    name = StringField(_l("Name in the shop"))
    description = TextAreaField(_l("Description"))
    story = TextAreaField(_l("Story"))
    province = StringField()
    commune = StringField()
    planting_area_code = StringField(_l("Planting-area code"))
    packs = FieldList(FormField(PackRow))
    photos = FieldList(FormField(PhotoRow))
    trace_links = FieldList(StringField(_l("Trace link")))
    photo = FileField(_l("Another picture"))
    photo_text = StringField(_l("What can be seen"))

    def offer(self, recognised: Sequence[OcopProduct]) -> None:
        """Fill the list of recognised products."""
        self.ocop_product.choices = [SelectChoice(str(product.id), product.name) for product in recognised]

    def add_blank_rows(self) -> None:
        """Leave room for more packs and links."""
        empty = sum(1 for row in self.packs if not row.form.label.data and not row.form.price.data)
        for _blank in range(min(_BLANK_PACKS - empty, MAX_PACKS - len(self.packs.entries))):
            self.packs.append_entry({"is_offered": True})
        empty = sum(1 for row in self.trace_links if not row.data)
        for _blank in range(min(_BLANK_LINKS - empty, MAX_LINKS - len(self.trace_links.entries))):
            self.trace_links.append_entry("")

    def add_photo(self, sha256: str, text: str) -> None:
        """Put a picture that was just taken in at the end of the list, once."""
        if sha256 not in [row.sha256.data for row in self.photos]:
            position = str(len(self.photos.entries) + 1)
            self.photos.append_entry({"sha256": sha256, "alternative_text": text, "position": position})


class VerdictForm(SchemaForm):
    """Approval, or a note about what is to be changed."""

    schema_class = VerdictIn
    version = IntegerField()
    note = TextAreaField(_l("What is to be changed"))


def typed(content: Content) -> dict[str, Any]:
    """A content as a person would type it."""
    return {
        "name": content.name,
        "description": content.description,
        "story": content.story,
        "planting_area_code": content.planting_area_code or "",
        "packs": [
            {
                "id": str(pack.id or ""),
                "label": pack.label,
                "price": format_dong(pack.price).partition("\u00a0")[0],
                "net_weight_grams": str(pack.net_weight_grams or ""),
                "is_offered": pack.is_offered,
            }
            for pack in content.packs
        ],
        "photos": [
            {"sha256": photo.sha256, "alternative_text": photo.alternative_text, "position": str(place)}
            for place, photo in enumerate(content.photos, 1)
        ],
        "trace_links": [link.url for link in content.trace_links],
    }
