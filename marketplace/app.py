"""The application: everything is put together here, and nobody imports this but the entry points."""

import logging
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import structlog
from flask import Flask
from flask_compress import Compress
from flask_migrate import Migrate
from sqlalchemy import text

from config import Config, ConfigurationError, from_environment
from marketplace.core import clock
from marketplace.core.db import db, prepare_engine, sqlite_is_repaired
from marketplace.web import (
    access,
    addresses,
    api,
    csrf,
    encoding,
    errors,
    headers,
    limits,
    messages,
    remembering,
    templating,
)

#: Every room, lowest floor first. A room's files that face outwards are found by name.
ROOMS = (
    "places",
    "ledger",
    "audit",
    "outbox",
    "files",
    "accounts",
    "producers",
    "ocop",
    "catalogue",
    "inventory",
    "trace",
    "storefront",
    "cart",
    "orders",
    "payments",
    "checkout",
    "stalls",
    "settlement",
    "programme",
    "reporting",
    "desk",
)

_MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def create_app(config: Config | None = None) -> Flask:
    """The whole application for ``config`` (by default the one that the environment names)."""
    config = config or from_environment()
    app = Flask(__name__, instance_path=str(config.INSTANCE_PATH))
    app.config.from_object(config)
    _configure_logging(app)
    if config.CLOCK_FILE:
        clock.follow_file(Path(config.CLOCK_FILE))
    _bind_database(app)
    addresses.register(app)
    headers.register(app)
    encoding.register(app)
    limits.register(app)
    templating.register(app)
    errors.register(app)
    Compress(app)
    api.register(app)
    _open_doors(app)
    csrf.register(app)
    access.register(app)
    remembering.register(app)
    return app


def _configure_logging(app: Flask) -> None:
    logging.basicConfig(level=app.config["LOG_LEVEL"], format="%(message)s", force=not app.testing)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _bind_database(app: Flask) -> None:
    config = app.config
    _make_folder(Path(config["INSTANCE_PATH"]))
    for room in ROOMS:  # every table is known before the first query
        _load(room, "models")
    db.init_app(app)
    Migrate(app, db, directory=str(_MIGRATIONS), render_as_batch=True, compare_type=True)
    with app.app_context():
        prepare_engine(db.engine)
        if db.engine.dialect.name == "sqlite":
            module = config["SQLALCHEMY_ENGINE_OPTIONS"].get("module")
            version = tuple(getattr(module, "sqlite_version_info", None) or _stdlib_sqlite())
            if not sqlite_is_repaired(version) and not app.testing:
                shown = ".".join(map(str, version))
                raise ConfigurationError(
                    f"SQLite {shown} can damage a database that several processes write (WAL-reset fault). "
                    "Install the package pysqlite3, or use PostgreSQL."
                )


def _stdlib_sqlite() -> tuple[int, int, int]:
    import sqlite3

    return sqlite3.sqlite_version_info


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigurationError(f"The folder {folder} cannot be written: {error.strerror}.") from error


def _open_doors(app: Flask) -> None:
    """Bind what each room shows to the outside: words, pages, API, webhooks, commands."""
    for room in ROOMS:
        words = _load(room, "messages")
        if words is not None:
            messages.add(words.MESSAGES)
        setup = _load(room, "setup")
        if setup is not None:
            setup.register(app)
        for door in ("views", "webhooks"):
            module = _load(room, door)
            if module is not None:
                app.register_blueprint(module.blueprint)
        door_api = _load(room, "api")
        if door_api is not None:
            api.api.register_blueprint(door_api.blueprint, url_prefix=api.PREFIX)
        commands = _load(room, "cli")
        if commands is not None:
            app.cli.add_command(commands.group)
    _health(app)


def _load(room: str, name: str) -> ModuleType | None:
    qualified = f"marketplace.{room}.{name}"
    return import_module(qualified) if find_spec(qualified) else None


def _health(app: Flask) -> None:
    @app.get("/healthz")
    @access.allow(access.PUBLIC)
    def healthz() -> dict[str, str]:
        """The process is alive. Looks at nothing else."""
        return {"status": "ok"}

    @app.get("/readyz")
    @access.allow(access.PUBLIC)
    def readyz() -> tuple[dict[str, str], int]:
        """The database answers and its schema is the one this code was made for."""
        try:
            found = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except Exception:  # whatever keeps the database from answering means "not ready"
            logging.getLogger(__name__).exception("not ready")
            return {"status": "unavailable"}, 503
        ready = found == newest_revision()
        return {"status": "ok" if ready else "migration needed"}, 200 if ready else 503


def newest_revision() -> str | None:
    """The revision at which the migrations end."""
    from alembic.config import Config as AlembicConfig
    from alembic.script import ScriptDirectory

    settings = AlembicConfig()
    settings.set_main_option("script_location", str(_MIGRATIONS))
    return ScriptDirectory.from_config(settings).get_current_head()
