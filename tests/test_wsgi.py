"""The entry of servers and commands."""

import subprocess
import sys
from pathlib import Path

SAID = "import gc, wsgi; print(wsgi.app.name, gc.isenabled(), gc.get_freeze_count() > 100_000)"


def test_after_the_start_garbage_is_looked_for_again_but_not_among_what_stays(tmp_path: Path) -> None:
    settings = {"APP_ENV": "testing", "INSTANCE_PATH": str(tmp_path)}
    said = subprocess.run([sys.executable, "-c", SAID], env=settings, capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["marketplace.app", "True", "True"]
