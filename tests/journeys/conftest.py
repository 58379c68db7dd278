"""A running, seeded shop and a real browser (Debian's chromium through Playwright)."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.journeys import steps
from tests.journeys.running import RunningShop, running_shop

#: A busy machine may take its time; what is wrong stays wrong.
_PATIENCE_MS = 15_000
expect.set_options(timeout=_PATIENCE_MS)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    """The seeded shop with worker and sandbox."""
    _browser_or_skip()
    with running_shop(tmp_path_factory.mktemp("journey")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless chromium."""
    path = _browser_or_skip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def _browser_or_skip() -> str:
    if CHROMIUM:
        return CHROMIUM
    if os.environ.get("CI"):
        pytest.fail("no chromium found, and in CI the journeys must run")
    pytest.skip("no chromium found: apt-get install chromium")


SIZES = {"phone": {"width": 375, "height": 740}, "desktop": {"width": 1280, "height": 900}}


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    """Each of the two screens."""
    return str(request.param)


@pytest.fixture
def visitor(browser: Browser, shop: RunningShop, size: str) -> Iterator[Page]:
    """A page of a fresh guest on the screen ``size``; any console error or failed script fails the test."""
    with visit(browser, shop, size) as page:
        yield page


class Keys:
    """Everybody's session, opened once: codes of the second step are for one use."""

    def __init__(self, browser: Browser, shop: RunningShop) -> None:
        self._browser, self._shop = browser, shop
        self._opened: dict[str, Any] = {}

    def of(self, name: str) -> Any:
        """The cookies of ``name@cho.example``, for ``visit(…, storage_state=…)``."""
        if name not in self._opened:
            with visit(self._browser, self._shop, "desktop") as page:
                steps.sign_in(page, f"{name}@cho.example")
                self._opened[name] = page.context.storage_state()
        return self._opened[name]


@pytest.fixture(scope="session")
def keys(browser: Browser, shop: RunningShop) -> Keys:
    """Sessions of the demonstration's people."""
    return Keys(browser, shop)


class visit:  # noqa: N801  # reads as a verb
    """``with visit(browser, shop, "phone") as page``: a fresh guest whose console must stay quiet."""

    def __init__(self, browser: Browser, shop: RunningShop, size: str, **options: Any) -> None:
        self.browser, self.shop, self.size, self.options = browser, shop, size, options
        self.troubles: list[str] = []

    def __enter__(self) -> Page:
        viewport: Any = SIZES[self.size]
        self.context: BrowserContext = self.browser.new_context(
            base_url=self.shop.url, viewport=viewport, locale="vi-VN", **self.options
        )
        self.context.set_default_timeout(_PATIENCE_MS)
        page = self.context.new_page()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and "the server responded with a status of 4" not in text:
            self.troubles.append(text)

    def __exit__(self, kind: object, *_rest: object) -> None:
        self.context.close()
        if kind is None:
            assert self.troubles == []
