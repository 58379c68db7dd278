"""The list of products over a weak network."""

import gzip

import pytest
from playwright.sync_api import Page, Response

pytestmark = pytest.mark.journey

#: What a phone may have to load before the list can be read: text, styles and scripts, compressed.
_LIMIT_BYTES = 60_000


def test_the_list_is_light(visitor: Page) -> None:
    loaded: list[Response] = []
    visitor.on("response", lambda response: loaded.append(response))
    visitor.goto("/products", wait_until="networkidle")
    assert visitor.locator(".product-card").count() == 24
    weights = {
        response.url: len(gzip.compress(response.body()))
        for response in loaded
        if response.request.resource_type != "image"
    }
    assert sum(weights.values()) <= _LIMIT_BYTES, weights
