"""Words for what can go wrong with products."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "product_not_found": _l("We could not find this product."),
    "product_state": _l("The product moved on in the meantime. Please look at it again."),
    "edit_open": _l("A change of this product waits for approval already. Please wait for it, or take it back first."),
    "edit_state": _l("This change was decided or taken back in the meantime."),
    "pack_needed": _l("Please add at least one pack with its price before you submit the product."),
    "pack_unknown": _l("One of the packs does not belong to this product. Please load the page again."),
    "pack_label_twice": _l("Two packs have the same name. Please give each its own, for example its weight."),
    "pack_incomplete": _l("Pack %(row)s needs a name and a price."),
    "photo_twice": _l("The same picture is there twice."),
    "photo_text_needed": _l("Please describe picture %(row)s in a few words, for people who cannot see it."),
    "photo_unknown": _l("One of the pictures is gone. Please choose it again."),
    "link_twice": _l("The same trace link is there twice."),
    "too_many_rows": _l("At most %(limit)s, please."),
    "tourism_is_not_sold": _l("A tourism service is shown here, not sold: it has no packs."),
    "planting_area_code_unreadable": _l(
        "A planting-area code has 5 to 40 capital letters, digits, dots and hyphens, for example VN-AGOR-0123."
    ),
    "note_needed": _l("Please write what is to be changed: the producer will read it."),
    "link_unreadable": _l("This trace link cannot be read. Please copy it once more, at most %(longest)s characters."),
    "link_not_https": _l("A trace link begins with https://."),
    "link_with_user": _l("A trace link must not hold a user name or password."),
    "link_host_unknown": _l(
        "%(host)s is not a known trace portal. Known are truyxuat.gov.vn, check.net.vn, other .gov.vn portals, "
        "id.gs1.org and the trace pages of this shop."
    ),
    "gtin_length": _l("A GS1 link holds /01/ and a product code (GTIN) of 8, 12, 13 or 14 digits."),
    "gtin_check_digit": _l("The product code (GTIN) in the link has a wrong last digit: it should be %(expected)s."),
    "gs1_order": _l(
        "After the product code a GS1 link may hold /22/ variant, /10/ lot and /21/ serial, in this order."
    ),
    "gs1_value": _l("Variant, lot and serial in a GS1 link have 1 to 20 letters, digits or simple signs."),
    "gs1_date": _l("The date after %(identifier)s= in the link must be written YYMMDD."),
}
