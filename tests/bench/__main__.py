"""Run it: fill a shop, serve it beside the yardsticks, load them in turn, print ratios. Exit code 0: no error seen.

``BENCH_SECONDS`` (3) is how long one round loads one server, ``BENCH_ROUNDS`` (3) how often all of them take turns.
"""

import os
import random
import shutil
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import quote

from flask import Flask
from flask_migrate import upgrade

from config import Testing
from marketplace.app import create_app
from marketplace.core.db import db
from marketplace.core.text import slug
from tests.bench import filling, serving, writes
from tests.bench.filling import Basket
from tests.bench.serving import Load

SECONDS = int(os.environ.get("BENCH_SECONDS", "3"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
#: So many carts are ready for each second of load; one that runs out of them would fail, not slow down.
CARTS_PER_SECOND = 2500
#: What is loaded, what it is compared to, and the ratio aimed at.
AIMS = {
    "list of 24": ("hello", 0.25),
    "product page": ("hello", 0.25),
    "search": ("hello", 0.15),
    "order": ("twin", 0.3),
}
#: Pages are loaded twice: as the shop serves them between two changes of the database (it remembers them), and
#: "made": by a shop that remembers nothing, as right after a change.
PAGES = ("list of 24", "product page", "search")
WARM_SECONDS = 4
KEY = "bench-one-time-key-"


def main() -> int:
    """The whole run; 1 when wrk is missing or an answer was wrong."""
    if shutil.which("wrk") is None:
        print("make bench needs the load generator wrk: apt install wrk", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="marketplace-bench-") as name:
        folder = Path(name)
        print(f"filling a shop with {filling.PRODUCTS} products ...", flush=True)
        results = _measure(folder, _prepare(folder))
    return _report(results)


@dataclass(frozen=True)
class Prepared:
    """What the load needs to know of the filled shop."""

    commune: str
    baskets: list[Basket]
    slugs: dict[int, str]


def _prepare(folder: Path) -> Prepared:
    """A filled database for the shop and its copy for the twin, both held to the same writes."""
    settings = _settings(folder)
    os.environ["TWIN_DATABASE"] = str(folder / "twin.db")
    app = create_app(Testing(settings))
    with app.app_context():
        upgrade()
        filling.fill()
        baskets = filling.fill_carts(CARTS_PER_SECOND * SECONDS * ROUNDS + 1)
        ready = Prepared(filling.a_commune(), baskets, filling.slugs())
        db.session.remove()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql(f"VACUUM INTO '{folder / 'twin.db'}'")
        db.engine.dispose()
    _compare_writes(app, ready)
    return ready


def _compare_writes(app: Flask, ready: Prepared) -> None:
    headers = {"X-Cart-Token": filling.token(0), "Idempotency-Key": f"{KEY}0"}
    body = filling.order_body(ready.commune, ready.baskets[0])
    shop, twin = writes.of_shop(app, headers, body), writes.of_twin(headers, body)
    with app.app_context():
        db.engine.dispose()
    if shop != twin:
        raise SystemExit(f"the twin writes other rows than the shop: shop {shop - twin}, twin {twin - shop}")
    print(f"one order writes {shop.total()} rows, the twin the same ones", flush=True)


def _measure(folder: Path, ready: Prepared) -> dict[str, list[Load]]:
    with ExitStack() as servers:
        shop = servers.enter_context(serving.served("wsgi:app", _settings(folder)))
        forgetful = servers.enter_context(serving.served("wsgi:app", {**_settings(folder), "PAGE_MEMORY_MB": "0"}))
        hello = servers.enter_context(serving.served("tests.bench.hello:app", {}))
        twin = servers.enter_context(serving.served("tests.bench.twin:app", {}))
        paths = {name: _file(folder, name, lines) for name, lines in _paths(ready).items()}
        results: dict[str, list[Load]] = {}
        for turn in range(ROUNDS):
            orders = _file(folder, "orders", _orders(turn, ready))
            for name in PAGES:  # until both workers know the pages
                serving.load(shop, paths[name], WARM_SECONDS)
            for name, address, lines in (
                ("hello", hello, paths["hello"]),
                *((name, shop, paths[name]) for name in PAGES),
                *((f"{name}, made", forgetful, paths[name]) for name in PAGES),
                ("order", shop, orders),
                ("twin", twin, orders),
            ):
                found = serving.load(address, lines, SECONDS)
                results.setdefault(name, []).append(found)
                print(f"round {turn + 1}  {name:<20}{found.rate:>8.0f}/s  p99 {found.p99:>6.0f} ms", flush=True)
        return results


def _paths(ready: Prepared) -> dict[str, list[str]]:
    """The pages of each load: first pages of the list, forty products, searches with marks and without."""
    dice = random.Random(3)
    with_marks = [quote(words.lower()) for words in filling.KINDS_OF_GOODS]
    without = [quote(slug(words).replace("-", " ")) for words in filling.KINDS_OF_GOODS]
    numbers = dice.sample(range(1, filling.PRODUCTS + 1), 40)
    return {
        "hello": ["/"] * serving.WRK_THREADS,
        "list of 24": [f"/products?page={page}" for page in range(1, 6)],
        "product page": [f"/products/{number}-{ready.slugs[number]}" for number in numbers],
        "search": [f"/products?q={words}" for pair in zip(with_marks, without, strict=True) for words in pair],
    }


def _orders(turn: int, ready: Prepared) -> list[str]:
    count = CARTS_PER_SECOND * SECONDS
    numbers = range(1 + turn * count, 1 + (turn + 1) * count)
    bodies = [filling.order_body(ready.commune, basket) for basket in ready.baskets]
    return [
        f"/api/v1/orders\t{filling.token(number)}\t{KEY}{number}\t{bodies[number % len(bodies)]}" for number in numbers
    ]


def _file(folder: Path, name: str, lines: list[str]) -> Path:
    path = folder / f"{name}.requests"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _settings(folder: Path) -> dict[str, str]:
    """The surroundings of the shop: the test settings (no rate limits) over a database of its own."""
    return {"APP_ENV": "testing", "INSTANCE_PATH": str(folder / "instance"), "DATABASE_URL": "", "LOG_LEVEL": "WARNING"}


def _report(results: dict[str, list[Load]]) -> int:
    """Print the table. Ratios are taken round by round, because the machine is not alone."""
    print(f"\n{'':<20}{'per second':>11}{'of':>8}{'ratio':>8}{'min-max':>14}{'aim':>7}")
    for name, rounds in results.items():
        line = f"{name:<20}{median(found.rate for found in rounds):>11.0f}"
        for base in ("hello", "twin") if name == "order" else ("hello",):
            ratios = [found.rate / by.rate for found, by in zip(rounds, results[base], strict=True)]
            aim = AIMS[name][1] if name in AIMS and AIMS[name][0] == base else None
            shown = f"{min(ratios):.2f}-{max(ratios):.2f}"
            print(f"{line:<31}{base:>8}{median(ratios):>8.2f}{shown:>14}{'' if aim is None else f'{aim:>7.2f}'}")
            line = ""
    failed = {name: sum(found.failed for found in rounds) for name, rounds in results.items()}
    wrong = {name: count for name, count in failed.items() if count}
    print(f"\nanswers that were no success: {wrong or 0}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
