"""Finding stored files."""

from sqlalchemy import select

from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.files.models import StoredFile


def get_public_picture(sha256: str) -> StoredFile:
    """The published picture with that hash. Raises ``NotFound``, also for evidence."""
    found = db.session.scalars(
        select(StoredFile).where(StoredFile.sha256 == sha256, StoredFile.is_public)
    ).one_or_none()
    if found is None:
        raise NotFound("file_not_found")
    return found
