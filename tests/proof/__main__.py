"""Longer proofs than the test run has time for.

``python -m tests.proof audit [--orders 100000]`` times the audit on a large shop. ``TEST_DATABASE_URL`` names an empty
PostgreSQL database; without it the embedded one is used.
"""

import argparse
import os
import sys

from tests.proof import auditing


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof")
    parser.add_argument("what", choices=["audit"])
    parser.add_argument("--orders", type=int, default=100_000)
    chosen = parser.parse_args()
    return auditing.measure(chosen.orders, os.environ.get("TEST_DATABASE_URL", ""))


if __name__ == "__main__":
    sys.exit(main())
