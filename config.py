"""Settings by environment. One class per surroundings; production refuses to start without its secrets.

The table of settings in README.md names every variable read here.
"""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent

#: Secrets that stand in this repository for a start on one's own machine; production refuses every one of them.
DEVELOPMENT_SECRETS = {
    "SECRET_KEY": "development-only-secret-key-never-for-real-use",
    "STRIPE_API_KEY": "sk_test_development_only",
    "STRIPE_WEBHOOK_SECRET": "whsec_development_only",
    "BANK_API_KEY": "bank_test_development_only",
    "BANK_NOTICE_SECRET": "bnsec_development_only",
}


class ConfigurationError(RuntimeError):
    """A setting is missing, weak or contradicts another; the message says which and what to do."""


class Config:
    """Settings shared by all surroundings, read from ``environ`` when the object is made."""

    NAME = "base"
    TESTING = False
    DEBUG = False
    IS_PRODUCTION = False

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        env = os.environ if environ is None else environ
        self.INSTANCE_PATH = Path(env.get("INSTANCE_PATH", ROOT / "instance")).resolve()
        self.SQLALCHEMY_DATABASE_URI = database_url(env.get("DATABASE_URL", ""), self.INSTANCE_PATH)
        self.SQLALCHEMY_ENGINE_OPTIONS = engine_options(self.SQLALCHEMY_DATABASE_URI)
        for name, fallback in DEVELOPMENT_SECRETS.items():
            setattr(self, name, env.get(name, fallback))
        self.PUBLIC_URL = env.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
        self.STRIPE_API_BASE = env.get("STRIPE_API_BASE", "http://127.0.0.1:8001").rstrip("/")
        self.BANK_API_BASE = env.get("BANK_API_BASE", "http://127.0.0.1:8001/bank").rstrip("/")
        #: Where a buyer opens the pretend bank app; empty when a real bank stands behind BANK_API_BASE.
        self.BANK_APP_URL = env.get("BANK_APP_URL", "http://127.0.0.1:8001/bank/app")
        self.BANK_BIN = env.get("BANK_BIN", "999999")
        self.BANK_ACCOUNT = env.get("BANK_ACCOUNT", "1900000001")
        self.BANK_HOLDER = env.get("BANK_HOLDER", "SAN OCOP MO PHONG")
        #: How long one call to the gateway or the bank may take with all its tries; who waits for it has ten seconds.
        self.CALL_BUDGET_MS = whole_number(env, "CALL_BUDGET_MS", "8000")
        #: After so many calls in a row without an answer nobody is asked for so many seconds; 0 failures: always ask.
        self.CIRCUIT_FAILURES = whole_number(env, "CIRCUIT_FAILURES", "5")
        self.CIRCUIT_PAUSE_SECONDS = whole_number(env, "CIRCUIT_PAUSE_SECONDS", "15")
        self.HOLD_MINUTES = whole_number(env, "HOLD_MINUTES", "30")
        self.UPLOAD_FOLDER = Path(env.get("UPLOAD_FOLDER", self.INSTANCE_PATH / "files"))
        self.REDIS_URL = env.get("REDIS_URL", "")
        self.RATELIMIT_STORAGE_URI = self.REDIS_URL or "memory://"
        #: How much each process may hold of public pages between two changes of the database; 0 remembers nothing.
        self.PAGE_MEMORY_MB = whole_number(env, "PAGE_MEMORY_MB", "32")
        #: Where letters to buyers are handed over; empty: nobody is written to, and no page promises it.
        self.MAIL_SERVER = env.get("MAIL_SERVER", "")
        self.MAIL_SECURITY = env.get("MAIL_SECURITY", "starttls")
        self.MAIL_PORT = whole_number(env, "MAIL_PORT", {"tls": "465", "none": "25"}.get(self.MAIL_SECURITY, "587"))
        self.MAIL_USERNAME, self.MAIL_PASSWORD = env.get("MAIL_USERNAME", ""), env.get("MAIL_PASSWORD", "")
        self.MAIL_FROM = env.get("MAIL_FROM", "")
        check_mail(self)
        #: Whether the worker calls the portals behind trace links; production does unless it is told not to.
        self.TRACE_LINK_CALLS = env.get("TRACE_LINK_CALLS", "1" if self.IS_PRODUCTION else "0") == "1"
        self.PROXY_HOPS = whole_number(env, "PROXY_HOPS", "0")
        self.CLOCK_FILE = env.get("CLOCK_FILE", "")
        self.TRUSTED_HOSTS = [host for host in env.get("TRUSTED_HOSTS", "").split(",") if host] or None
        self.SHOW_DEMO_LOGINS = env.get("SHOW_DEMO_LOGINS", "0") == "1"
        self.LOG_LEVEL = env.get("LOG_LEVEL", "INFO")

    MAX_CONTENT_LENGTH = 12 * 1024 * 1024
    MAX_FORM_MEMORY_SIZE = 512 * 1024
    MAX_FORM_PARTS = 200
    SESSION_COOKIE_NAME = "ocop_session"
    SESSION_COOKIE_HTTPONLY = True
    SESSION_COOKIE_SAMESITE = "Lax"
    SESSION_COOKIE_SECURE = False
    PERMANENT_SESSION_LIFETIME = timedelta(days=30)
    WTF_CSRF_TIME_LIMIT = None
    BOOTSTRAP_SERVE_LOCAL = True
    BABEL_DEFAULT_LOCALE = "vi"
    BABEL_DEFAULT_TIMEZONE = "Asia/Ho_Chi_Minh"
    LANGUAGES = ("vi", "en")
    RATELIMIT_HEADERS_ENABLED = True
    RATELIMIT_ENABLED = True
    COMPRESS_MIMETYPES = (
        "text/html",
        "text/css",
        "text/csv",
        "image/svg+xml",
        "application/json",
        "application/problem+json",
        "text/javascript",
    )
    COMPRESS_MIN_SIZE = 1024
    API_TITLE = "OCOP marketplace"
    API_VERSION = "v1"
    OPENAPI_VERSION = "3.0.3"
    OPENAPI_URL_PREFIX = "/api/v1"
    OPENAPI_JSON_PATH = "openapi.json"
    SEND_FILE_MAX_AGE_DEFAULT = timedelta(days=365)


class Development(Config):
    """One's own machine: development secrets, demo log-ins shown, plain http on loopback."""

    NAME = "development"

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        super().__init__(environ)
        env = os.environ if environ is None else environ
        self.SHOW_DEMO_LOGINS = env.get("SHOW_DEMO_LOGINS", "1") == "1"


class Testing(Config):
    """The test suite."""

    NAME = "testing"
    TESTING = True
    RATELIMIT_ENABLED = False


class Production(Config):
    """People's money and data: https, own secrets, no test switches."""

    NAME = "production"
    IS_PRODUCTION = True
    SESSION_COOKIE_NAME = "__Host-ocop_session"
    SESSION_COOKIE_SECURE = True

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        super().__init__(environ)
        for name, fallback in DEVELOPMENT_SECRETS.items():
            secret = getattr(self, name)
            if secret == fallback or len(secret) < 24 or len(set(secret)) < 8:
                raise ConfigurationError(f"{name} is missing or weak: set a random value of 24 characters or more.")
        env = os.environ if environ is None else environ
        for name in ("STRIPE_API_BASE", "BANK_API_BASE", "BANK_BIN", "BANK_ACCOUNT", "BANK_HOLDER"):
            if not env.get(name):
                raise ConfigurationError(f"{name} must be set in production: nothing is led to a sandbox unsaid.")
        self.BANK_APP_URL = env.get("BANK_APP_URL", "")
        if self.CLOCK_FILE or self.SHOW_DEMO_LOGINS:
            raise ConfigurationError("CLOCK_FILE and SHOW_DEMO_LOGINS are for development and tests only.")
        if not self.PUBLIC_URL.startswith("https://"):
            raise ConfigurationError("PUBLIC_URL must begin with https:// in production.")
        if self.TRUSTED_HOSTS is None:
            raise ConfigurationError("TRUSTED_HOSTS must name the host names this site answers to.")
        if env.get("FLASK_DEBUG", "0") not in ("", "0", "false"):
            raise ConfigurationError("FLASK_DEBUG must be off in production.")


def check_mail(config: Config) -> None:
    """Raises ``ConfigurationError`` for a mail server that letters cannot or must not be handed to."""
    if not config.MAIL_SERVER:
        return
    if "@" not in config.MAIL_FROM:
        raise ConfigurationError("MAIL_FROM must name the address that letters come from when MAIL_SERVER is set.")
    if config.MAIL_SECURITY not in ("tls", "starttls", "none"):
        raise ConfigurationError("MAIL_SECURITY must be tls, starttls or none.")
    is_here = config.MAIL_SERVER in ("localhost", "127.0.0.1", "::1")
    if config.MAIL_SECURITY == "none" and (config.MAIL_PASSWORD or (config.IS_PRODUCTION and not is_here)):
        raise ConfigurationError(
            "MAIL_SECURITY=none is for a mail server on this machine and without a password: letters carry links that "
            "open orders."
        )


def whole_number(env: Mapping[str, str], name: str, default: str) -> int:
    """A setting that counts something. Raises ``ConfigurationError`` for anything but up to six digits."""
    text = env.get(name, default)
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise ConfigurationError(f"{name} must be a whole number, not {text!r}.")
    return int(text)


def database_url(given: str, instance: Path) -> str:
    """The database address for SQLAlchemy: the embedded file when none is given, psycopg 3 for PostgreSQL."""
    if not given:
        return f"sqlite:///{instance / 'marketplace.db'}"
    for old in ("postgres://", "postgresql://"):
        if given.startswith(old):
            return "postgresql+psycopg://" + given.removeprefix(old)
    return given


def engine_options(url: str) -> dict[str, object]:
    """Driver and pool: the ``pysqlite3`` wheel (a repaired SQLite) where it is installed, checked connections else."""
    if not url.startswith("sqlite"):
        return {"pool_pre_ping": True, "pool_size": 8, "max_overflow": 8}
    try:
        import pysqlite3
    except ImportError:  # no wheel for this platform: the start-up check looks at the version that Python carries
        return {}
    return {"module": pysqlite3.dbapi2}


def from_environment(environ: Mapping[str, str] | None = None) -> Config:
    """The configuration that ``APP_ENV`` names; production unless something else is said."""
    env = os.environ if environ is None else environ
    kinds = {kind.NAME: kind for kind in (Development, Testing, Production)}
    name = env.get("APP_ENV", "production")
    if name not in kinds:
        raise ConfigurationError(f"APP_ENV must be one of {', '.join(sorted(kinds))}, not {name!r}.")
    return kinds[name](env)
