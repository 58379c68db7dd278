"""Files are kept once, whole, under the hash of their content."""

import os
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.files import services
from marketplace.files.models import StoredFile
from marketplace.files.store import store
from tests.factories.files import draw, make_evidence, make_picture


@pytest.fixture(autouse=True)
def _own_folder(context: Flask, tmp_path: Path) -> None:
    store.use(tmp_path)


def test_a_picture_and_its_small_copy_lie_under_its_hash() -> None:
    with transaction():
        file = make_picture()
    assert file.media_type == "image/jpeg"
    assert store.path(f"{file.sha256}.jpg").stat().st_size == file.size
    assert store.path(f"{file.sha256}-480.jpg").exists()
    assert file.is_public


def test_the_same_picture_twice_is_one() -> None:
    with transaction():
        first, second = make_picture(), make_picture()
    assert first.id == second.id
    assert db.session.scalar(select(func.count()).select_from(StoredFile)) == 1


def test_a_pdf_is_kept_as_it_came_and_not_published() -> None:
    with transaction():
        file = make_evidence(b"%PDF-1.7\n/OpenAction\n")
    assert (file.media_type, file.is_public) == ("application/pdf", False)
    assert store.path(f"{file.sha256}.pdf").read_bytes() == b"%PDF-1.7\n/OpenAction\n"


def test_a_photographed_decision_is_written_anew_and_not_published() -> None:
    with transaction():
        file = services.store_evidence(draw(), shown_name="anh.jpg")
    assert (file.media_type, file.is_public) == ("image/jpeg", False)


def test_publishing_goes_one_way_only() -> None:
    content = draw(colour="#123456")
    with transaction():
        file = services.store_evidence(content, shown_name="anh.jpg")
        assert not file.is_public
        assert services.store_picture(content, shown_name="anh.jpg").is_public
        assert services.store_evidence(content, shown_name="anh.jpg").is_public


@pytest.mark.parametrize("content", [b"PK\x03\x04 word file", b"<html>", b"%PS-Adobe", b" %PDF-1.7"])
def test_other_evidence_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        services.prepare_evidence(content, shown_name="x.pdf")
    assert caught.value.code == "evidence_unreadable"


def test_one_byte_over_the_limit_is_refused_by_name() -> None:
    largest = b"%PDF-" + b" " * (services.MAX_EVIDENCE_BYTES - 5)
    services.prepare_evidence(largest, shown_name="x.pdf")
    with pytest.raises(Invalid) as caught:
        services.prepare_evidence(largest + b" ", shown_name="x.pdf")
    assert (caught.value.code, caught.value.facts) == ("file_too_large", {"limit_mb": 10})


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("a.png\x00.html", "a.png.html"),
        ("anh\u202egnp.exe", "anhgnp.exe"),
        ("../../etc/passwd", "passwd"),
        ("C:\\anh\\na.jpg", "na.jpg"),
        ('"><img src=x>.png', '"><img src=x>.png'),
        ("x\r\nContent-Type: text/html", "xContent-Type: text/html".rpartition("/")[2]),
        ("", "file"),
    ],
)
def test_shown_names_are_cleaned(typed: str, shown: str) -> None:
    assert services.clean_name(typed) == shown


def test_the_sweep_takes_old_orphans_only(tmp_path: Path) -> None:
    with transaction():
        kept = make_picture()
    old = services.prepare_picture(draw(colour="#ff0000"), shown_name="x")
    young = services.prepare_picture(draw(colour="#0000ff"), shown_name="x")
    for name in (f"{old.sha256}.jpg", f"{old.sha256}-480.jpg", f"{kept.sha256}.jpg"):
        os.utime(store.path(name), (0, 0))

    assert services.sweep_orphans() == 2

    assert store.path(f"{kept.sha256}.jpg").exists()
    assert store.path(f"{young.sha256}.jpg").exists()
    assert not store.path(f"{old.sha256}.jpg").exists()


def test_no_row_means_no_promise() -> None:
    prepared = services.prepare_picture(draw(), shown_name="x")
    with pytest.raises(RuntimeError, match="stop"), transaction():
        services.keep(prepared)
        raise RuntimeError("stop")
    assert db.session.scalar(select(func.count()).select_from(StoredFile)) == 0
