"""Random tokens that people or programs carry; the database keeps only their SHA-256."""

import hashlib
import secrets


def new_token() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def new_api_token() -> str:
    """256 random bits as text, with a prefix by which a leaked token is recognised for what it is."""
    return "ocop_" + new_token()


def digest(token: str) -> str:
    """SHA-256 in hex. Enough for random tokens; passwords go through ``passwords``."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
