"""The folder in which files lie under the hash of their content."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


class Store:
    """A folder of files ``ab/cd/<name>``, where the name begins with the SHA-256 of the content."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def use(self, folder: Path) -> None:
        """Keep files under ``folder`` (made when the first file arrives)."""
        self._folder = folder

    def path(self, name: str) -> Path:
        """Where the file of that name lies or would lie."""
        if self._folder is None:
            raise RuntimeError("the file store has no folder yet")
        return self._folder / name[:2] / name[2:4] / name

    def write(self, name: str, content: bytes) -> None:
        """Write ``content`` under ``name`` whole or not at all; the same name again changes nothing."""
        target = self.path(name)
        if target.exists():
            os.utime(target)  # young again: the sweep leaves it alone while its row is being written
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def files(self) -> Iterator[Path]:
        """Every file in the store, unfinished ones included."""
        if self._folder is not None and self._folder.exists():
            yield from (path for path in self._folder.glob("??/??/*") if path.is_file())


store = Store()
