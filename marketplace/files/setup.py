"""Tells the store its folder and gives templates the addresses of pictures."""

from pathlib import Path

from flask import Flask

from marketplace.files.serving import picture_url
from marketplace.files.store import store


def register(app: Flask) -> None:
    """Bind the store to the application."""
    store.use(Path(app.config["UPLOAD_FOLDER"]))
    app.jinja_env.globals["picture_url"] = picture_url
