"""Longer loops of killing than the test run has time for.

``python -m tests.faults kill [--minutes 5] [--seed 1]`` kills workers, the whole server, and gateway and bank with
them, under load, and then looks for whatever was acknowledged. ``TEST_DATABASE_URL`` names an empty PostgreSQL
database; without it the embedded one is used.
"""

import argparse
import os
import subprocess
import sys


def main() -> int:
    """Do what the command line says; the exit code is 0 when nothing was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("what", choices=["kill"])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    command = [sys.executable, "-m", "pytest", "tests/faults/test_killing.py"]
    told = {"KILL_SECONDS": str(chosen.minutes * 60), "KILL_SEED": str(chosen.seed)}
    return subprocess.run(command, env={**os.environ, **told}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
