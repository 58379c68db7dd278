"""What ``make run`` and ``make reset`` do: look first, migrate, seed once, start web + worker + sandbox, say where."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


class Refusal(Exception):
    """The start cannot go on; the text is the one sentence that says why and what to do."""


def main(arguments: list[str]) -> int:
    """Run one of ``run``, ``reset``, ``serve``; returns the exit code."""
    actions = {"run": run, "reset": reset, "serve": serve}
    if len(arguments) != 1 or arguments[0] not in actions:
        print("usage: python -m marketplace.launch run|reset|serve", file=sys.stderr)
        return 2
    try:
        actions[arguments[0]]()
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def surroundings() -> dict[str, str]:
    """The environment of every process: development unless said otherwise, addresses that fit the ports."""
    env = dict(os.environ)
    port, sandbox = env.get("PORT", "8000"), env.get("SANDBOX_PORT", "8001")
    env.setdefault("PORT", port)
    env.setdefault("SANDBOX_PORT", sandbox)
    defaults = {
        "APP_ENV": "development",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "STRIPE_API_BASE": f"http://127.0.0.1:{sandbox}",
        "BANK_API_BASE": f"http://127.0.0.1:{sandbox}/bank",
        "BANK_APP_URL": f"http://127.0.0.1:{sandbox}/bank/app",
        "SANDBOX_PUBLIC_URL": f"http://127.0.0.1:{sandbox}",
        "SANDBOX_WEBHOOK_URL": f"http://127.0.0.1:{port}/webhooks/stripe",
        "SANDBOX_BANK_NOTICE_URL": f"http://127.0.0.1:{port}/webhooks/bank",
        "SANDBOX_DATABASE": str(instance() / "sandbox.db"),
    }
    for name, value in defaults.items():
        env.setdefault(name, value)
    from config import DEVELOPMENT_SECRETS

    if env["APP_ENV"] == "development":
        for name, value in DEVELOPMENT_SECRETS.items():
            env.setdefault(name, value)
    env["PATH"] = f"{BIN}{os.pathsep}{env.get('PATH', '')}"
    env["PYTHONUNBUFFERED"] = "1"
    return env


def instance() -> Path:
    """The folder that holds database and uploads."""
    return Path(os.environ.get("INSTANCE_PATH", ROOT / "instance")).resolve()


def run() -> None:
    """Start everything and stay until interrupted."""
    env = surroundings()
    for name in ("PORT", "SANDBOX_PORT"):
        _port_must_be_free(name, env[name])
    _folder_must_be_writable(instance())
    _step(env, "flask", "--app", "wsgi", "db", "upgrade")
    _step(env, sys.executable, "-m", "seeds")
    manager = subprocess.Popen([str(BIN / "honcho"), "start", "--no-prefix"], cwd=ROOT, env=env)
    signal.signal(signal.SIGTERM, lambda *_: manager.terminate())
    try:
        code = manager.wait()
    except KeyboardInterrupt:  # the terminal sent it to every process of the group
        manager.wait()
        return
    if code not in (0, -signal.SIGTERM, 128 + signal.SIGTERM):
        raise Refusal("One of the processes stopped; its last lines above say why.")


def serve() -> None:
    """Serve the shop with waitress: it reads a request whole before a thread takes it, so slow senders stop nobody.

    SIGTERM ends it: nothing new is taken, and what is in hand has five seconds to be answered.
    """
    import waitress

    from wsgi import app

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # waitress finishes its threads, which a signal would not
    waitress.serve(
        app,
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8000")),
        threads=8,
        channel_timeout=60,
        clear_untrusted_proxy_headers=True,
        ident="",
    )


def reset() -> None:
    """Remove the embedded database, the sandbox's and the uploads. PostgreSQL is never touched."""
    folder = instance()
    for name in ("PORT", "SANDBOX_PORT"):
        _port_must_be_free(name, surroundings()[name])
    for path in [*folder.glob("marketplace.db*"), *folder.glob("sandbox.db*")]:
        path.unlink()
    shutil.rmtree(folder / "files", ignore_errors=True)
    print("Reset. The next `make run` starts afresh.")


def _step(env: dict[str, str], *command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, env=env, check=False)
    if done.returncode:
        raise Refusal(f"`{' '.join(Path(part).name for part in command)}` failed; the lines above say why.")


def _port_must_be_free(name: str, port: str) -> None:
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise Refusal(f"{name} must be a number between 1 and 65535, not {port!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError as error:
            other = f"make run {name}={int(port) + 10}"
            raise Refusal(
                f"Port {port} is in use. Stop the program that uses it, or choose another: {other}"
            ) from error


def _folder_must_be_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Refusal(
            f"The folder {folder} cannot be written ({error.strerror}). Choose another: INSTANCE_PATH=…"
        ) from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
