"""Taking files in. Preparing (decoding, hashing, writing to disk) is done before the transaction, keeping inside it."""

import hashlib
import time
from dataclasses import dataclass

from sqlalchemy import select

from marketplace.core import clock, text
from marketplace.core.cardnumbers import mask_card_numbers
from marketplace.core.db import db, insert_ignoring_duplicates
from marketplace.core.errors import Invalid
from marketplace.files import pictures
from marketplace.files.models import EXTENSIONS, StoredFile
from marketplace.files.store import store

MAX_PICTURE_BYTES = 10 * 1024 * 1024
MAX_EVIDENCE_BYTES = 10 * 1024 * 1024
SMALL_ENDING = f"-{pictures.SMALL}"
_A_DAY = 86_400


@dataclass(frozen=True)
class PreparedFile:
    """A file that lies in the store already and waits for its row; without the row it is swept after a day."""

    sha256: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    shown_name: str
    is_public: bool


def prepare_picture(content: bytes, *, shown_name: str, is_public: bool = True) -> PreparedFile:
    """Write a picture anew (``pictures.rewrite``) and lay it into the store with its 480-pixel copy.

    Call it before ``transaction()``. Raises ``Invalid``: ``file_too_large`` above 10 MB, and what ``rewrite`` raises.
    """
    _check_size(content, MAX_PICTURE_BYTES)
    picture = pictures.rewrite(content)
    sha256 = hashlib.sha256(picture.large).hexdigest()
    extension = EXTENSIONS[picture.media_type]
    store.write(f"{sha256}{SMALL_ENDING}.{extension}", picture.small)
    store.write(f"{sha256}.{extension}", picture.large)
    return PreparedFile(
        sha256=sha256,
        media_type=picture.media_type,
        size=len(picture.large),
        width=picture.width,
        height=picture.height,
        shown_name=clean_name(shown_name),
        is_public=is_public,
    )


def prepare_evidence(content: bytes, *, shown_name: str) -> PreparedFile:
    """Lay a scanned decision into the store: a PDF as it came (known by its head), a picture written anew.

    Call it before ``transaction()``. Raises ``Invalid``: ``file_too_large`` above 10 MB, ``evidence_unreadable``
    when it is neither, ``picture_too_large``.
    """
    _check_size(content, MAX_EVIDENCE_BYTES)
    if not content.startswith(b"%PDF-"):
        try:
            return prepare_picture(content, shown_name=shown_name, is_public=False)
        except Invalid as error:
            raise Invalid("evidence_unreadable") if error.code == "picture_unreadable" else error from error
    sha256 = hashlib.sha256(content).hexdigest()
    store.write(f"{sha256}.pdf", content)
    return PreparedFile(
        sha256=sha256,
        media_type="application/pdf",
        size=len(content),
        width=None,
        height=None,
        shown_name=clean_name(shown_name),
        is_public=False,
    )


def keep(prepared: PreparedFile) -> StoredFile:
    """Give a prepared file its row, inside the caller's transaction. The same content twice is one row.

    A picture that was evidence first and is published later becomes public; never the other way round.
    """
    values = {
        "sha256": prepared.sha256,
        "media_type": prepared.media_type,
        "size": prepared.size,
        "width": prepared.width,
        "height": prepared.height,
        "shown_name": prepared.shown_name,
        "is_public": prepared.is_public,
        "stored_at": clock.now(),
    }
    insert_ignoring_duplicates(StoredFile, values, keys=["sha256"])
    kept = db.session.scalars(select(StoredFile).where(StoredFile.sha256 == prepared.sha256)).one()
    if prepared.is_public and not kept.is_public:
        kept.is_public = True
        db.session.flush()
    return kept


def store_picture(content: bytes, *, shown_name: str) -> StoredFile:
    """``prepare_picture`` and ``keep`` in one, for loaders that have no one waiting."""
    return keep(prepare_picture(content, shown_name=shown_name))


def store_evidence(content: bytes, *, shown_name: str) -> StoredFile:
    """``prepare_evidence`` and ``keep`` in one, for loaders that have no one waiting."""
    return keep(prepare_evidence(content, shown_name=shown_name))


def sweep_orphans(*, older_than: int = _A_DAY) -> int:
    """Delete files without a row that are older than so many seconds (a crash between file and row); how many."""
    known = set(db.session.scalars(select(StoredFile.sha256)))
    limit = time.time() - older_than
    swept = 0
    for path in store.files():
        if path.name[:64] not in known and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
            swept += 1
    return swept


def clean_name(shown_name: str) -> str:
    """What people called the file, for showing: no folders, control marks or card numbers, at most 120 signs."""
    name = "".join(c for c in shown_name.replace("\\", "/").rpartition("/")[2] if c.isprintable())
    try:
        name = mask_card_numbers(text.clean(name))
    except Invalid:
        name = ""
    return name[-120:] or "file"


def _check_size(content: bytes, limit: int) -> None:
    if len(content) > limit:
        raise Invalid("file_too_large", limit_mb=limit // (1024 * 1024))
