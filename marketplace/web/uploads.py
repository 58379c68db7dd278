"""Reading an uploaded file out of a request, with its size limit."""

from werkzeug.datastructures import FileStorage

from marketplace.core.errors import Invalid


def read_upload(upload: FileStorage | None, *, field: str, limit: int) -> bytes | None:
    """The bytes of ``upload``; None when nothing was chosen. Raises ``Invalid`` above ``limit`` bytes."""
    if upload is None or not upload.filename:
        return None
    content = upload.stream.read(limit + 1)
    if len(content) > limit:
        raise Invalid("file_too_large", field=field, limit_mb=limit // (1024 * 1024))
    return content
