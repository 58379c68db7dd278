"""Answers that carry a stored file: its own type, no sniffing, a sandbox around it."""

from flask import Response, send_file, url_for

from marketplace.core.errors import NotFound
from marketplace.files.models import StoredFile
from marketplace.files.services import SMALL_ENDING
from marketplace.files.store import store

_POLICY = "sandbox; default-src 'none'"


def picture_url(file: StoredFile, *, small: bool = False) -> str:
    """Address of a published picture, or of its 480-pixel copy."""
    return url_for("files.show", name=_name(file, small=small))


def send_picture(file: StoredFile, *, small: bool = False) -> Response:
    """A published picture, to be kept by browsers and caches for good: its name is the hash of its content."""
    response = _send(file, _name(file, small=small))
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def send_evidence(file: StoredFile) -> Response:
    """Evidence as a download that no cache keeps. The caller has checked who asks."""
    response = _send(file, f"{file.sha256}.{file.extension}", download_name=_download_name(file))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _name(file: StoredFile, *, small: bool) -> str:
    return f"{file.sha256}{SMALL_ENDING if small else ''}.{file.extension}"


def _download_name(file: StoredFile) -> str:
    stem = file.shown_name.rpartition(".")[0] or file.shown_name
    return f"{stem}.{file.extension}"


def _send(file: StoredFile, name: str, *, download_name: str | None = None) -> Response:
    path = store.path(name)
    if not path.exists():
        raise NotFound("file_not_found")
    response = send_file(
        path,
        mimetype=file.media_type,
        as_attachment=download_name is not None,
        download_name=download_name,
        etag=file.sha256,
    )
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
