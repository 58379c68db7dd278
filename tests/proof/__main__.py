"""Longer proofs than the test run has time for.

``python -m tests.proof audit [--orders 100000]`` times the audit on a large shop, ``python -m tests.proof programs
[--programs 2000]`` runs random programs of fifty steps, other ones each time, and counts what they did.
``TEST_DATABASE_URL`` names an empty PostgreSQL database; without it the embedded one is used.
"""

import argparse
import os
import subprocess
import sys

from tests.proof import auditing


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof")
    parser.add_argument("what", choices=["audit", "programs"])
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--programs", type=int, default=2000)
    chosen = parser.parse_args()
    if chosen.what == "programs":
        command = [sys.executable, "-m", "pytest", "-s", "tests/proof/test_machine.py"]  # -s: what was done
        return subprocess.run(
            command, env={**os.environ, "PROOF_PROGRAMS": str(chosen.programs)}, check=False
        ).returncode
    return auditing.measure(chosen.orders, os.environ.get("TEST_DATABASE_URL", ""))


if __name__ == "__main__":
    sys.exit(main())
