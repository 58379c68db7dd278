"""Pages keep the strict content policy and escape what people typed."""

import re
from pathlib import Path

import marketplace

TEMPLATES = Path(marketplace.__file__).parent / "templates"
FORBIDDEN = {
    "inline style": re.compile(r"\sstyle\s*="),
    "style element": re.compile(r"<style\b"),
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(?!\s*</script>)"),
    "inline handler": re.compile(r"\son[a-z]+\s*="),
    "unescaped output": re.compile(r"\|\s*safe\b|autoescape\s+false"),
    "outside host": re.compile(r"(?:src|href)\s*=\s*\"https?://"),
}


def test_no_template_breaks_the_policy() -> None:
    found = [
        f"{path.relative_to(TEMPLATES)}: {name}"
        for path in sorted(TEMPLATES.rglob("*.html"))
        for name, pattern in FORBIDDEN.items()
        if pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_theme_stays_small() -> None:
    assert (TEMPLATES.parent / "static/css/theme.css").stat().st_size <= 8 * 1024
