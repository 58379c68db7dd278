"""Guides name pages that exist and words that stand on them."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from click import Context, Group
from flask import Flask

from marketplace.sandbox.app import create_sandbox
from tests.sandbox.server import BANK_KEY, NOTICE_SECRET, STRIPE_KEY, WEBHOOK_SECRET

_ROOT = Path(__file__).resolve().parents[2]
_GUIDES = sorted((_ROOT / "docs" / "guide").glob("*.md"))
_WORDS = _ROOT / "marketplace" / "translations" / "vi" / "LC_MESSAGES"


def _addresses(guide: Path) -> set[str]:
    """What stands in code marks and begins like an address; `:8001/...` is the sandbox's."""
    return set(re.findall(r"`(:8001/[^`\s]*|/[^`\s]*)`", guide.read_text()))


def _rules(app: Flask) -> set[str]:
    return {re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"<\1>", rule.rule) for rule in app.url_map.iter_rules()}


@pytest.mark.parametrize("guide", _GUIDES, ids=lambda guide: guide.name)
def test_each_page_that_a_guide_names_exists(app: Flask, tmp_path: Path, guide: Path) -> None:
    sandbox = create_sandbox(
        {
            "SANDBOX_DATABASE": str(tmp_path / "sandbox.db"), "STRIPE_API_KEY": STRIPE_KEY,
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET, "BANK_API_KEY": BANK_KEY, "BANK_NOTICE_SECRET": NOTICE_SECRET,
            "SANDBOX_DELIVER": "0",
        }
    )  # fmt: skip
    offered = {":8001" + rule for rule in _rules(sandbox)} | _rules(app)
    logs = {f":8001/stripe/{name}" for name in ("intents", "charges", "refunds", "events")}
    assert _addresses(guide), "a guide without an address helps nobody"
    assert _addresses(guide) - offered - logs == set()


@pytest.mark.parametrize("guide", _GUIDES, ids=lambda guide: guide.name)
def test_each_vietnamese_word_that_a_guide_quotes_stands_on_a_page(guide: Path) -> None:
    shown = "\n".join(
        str(message.string).casefold()
        for path in _WORDS.glob("*.po")
        for message in read_po(BytesIO(path.read_bytes()), locale="vi")
        if message.id
    )
    quoted = set(re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", guide.read_text()))
    missing = {words for words in quoted if words.rstrip(" …").casefold() not in shown}
    assert quoted and missing == set()


def test_the_process_number_that_make_run_prints_is_the_process_itself() -> None:
    """The guide kills it (case 25): without ``exec`` it is a shell's, and the shop behind it would go on serving."""
    lines = (_ROOT / "Procfile").read_text().splitlines()
    assert {line.split(": ")[0] for line in lines} == {"web", "worker", "sandbox"}
    assert all(line.split(": ")[1].startswith("exec ") for line in lines)


@pytest.mark.parametrize("guide", _GUIDES, ids=lambda guide: guide.name)
def test_each_command_that_a_guide_names_exists(app: Flask, guide: Path) -> None:
    for group, verb in re.findall(r"`flask ([a-z]+) ([a-z-]+)", guide.read_text()):
        found = app.cli.get_command(Context(app.cli), group)
        assert isinstance(found, Group) and verb in found.commands, f"flask {group} {verb}"


def test_the_guide_of_payments_says_how_to_type_its_commands_beside_the_demonstration() -> None:
    """Without ``APP_ENV`` they are production's, which refuses to start without its secrets."""
    assert "`APP_ENV=development .venv/bin/flask --app wsgi …`" in (_ROOT / "docs/guide/payments.md").read_text()
