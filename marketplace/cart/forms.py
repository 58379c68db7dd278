"""Forms of the cart."""

from wtforms import HiddenField, StringField

from marketplace.cart.schemas import ItemIn, QuantityIn
from marketplace.web.forms import SchemaForm


class ItemForm(SchemaForm):
    """Put into the cart."""

    schema_class = ItemIn
    pack_id = HiddenField()
    quantity = StringField()


class QuantityForm(SchemaForm):
    """Change how many."""

    schema_class = QuantityIn
    quantity = StringField()
