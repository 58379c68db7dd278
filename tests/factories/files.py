"""Pictures and files for tests, drawn on the spot."""

from io import BytesIO

from PIL import Image

from marketplace.files import services
from marketplace.files.models import StoredFile


def draw(width: int = 64, height: int = 48, *, colour: str = "#1f6b3a", kind: str = "JPEG", **options: object) -> bytes:
    """A picture of one colour as bytes; ``options`` go to Pillow's writer."""
    out = BytesIO()
    mode = options.pop("mode", "RGB")
    Image.new(str(mode), (width, height), colour if mode in ("RGB", "RGBA", "CMYK") else 40000).save(
        out, kind, **options
    )
    return out.getvalue()


def make_picture(colour: str = "#1f6b3a", shown_name: str = "anh.jpg") -> StoredFile:
    """A published picture; another colour is another picture."""
    return services.store_picture(draw(colour=colour), shown_name=shown_name)


def make_evidence(content: bytes = b"%PDF-1.7\n%%EOF\n", shown_name: str = "quyet-dinh.pdf") -> StoredFile:
    """A kept PDF."""
    return services.store_evidence(content, shown_name=shown_name)
