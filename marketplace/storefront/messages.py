"""Words for the refusals of this room, and for the reasons why something is not for sale."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "product_not_approved": _l("The product is not on sale: it waits for approval or was paused."),
    "producer_not_verified": _l("The producer is not verified or is suspended at present."),
    "certificate_missing": _l("The product has no OCOP certificate yet."),
    "certificate_not_begun": _l("The OCOP certificate begins to count on %(day)s."),
    "certificate_expired": _l("The OCOP certificate ran out on %(day)s."),
    "certificate_withdrawn": _l("The OCOP certificate was withdrawn or replaced on %(day)s."),
    "certificate_few_stars": _l("The certificate has %(stars)s stars; three are needed to be sold here."),
    "tourism_not_sold": _l("Tourism services are shown here but not sold."),
    "pack_not_offered": _l("No pack of this product is offered at present."),
    "out_of_stock": _l("Sold out at present."),
}
