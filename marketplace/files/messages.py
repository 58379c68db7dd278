"""Words for what can go wrong with files."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "file_not_found": _l("We could not find this file."),
    "picture_empty": _l("The file is empty. Please choose the picture again."),
    "picture_unreadable": _l("This is not a picture that we can read. Please send a JPEG, PNG or WebP photo."),
    "picture_too_large": _l(
        "The picture is too large. At most %(megapixels)s megapixels and %(side)s pixels on a side, please."
    ),
    "picture_moves": _l("Moving pictures cannot be shown here. Please send a still photo."),
    "evidence_unreadable": _l("Please send the decision as a PDF, or as a photo (JPEG, PNG or WebP)."),
}
