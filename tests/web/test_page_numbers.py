"""Numbers of pages in addresses: whatever is none is the first page, never an error."""

import pytest
from flask import Flask

from marketplace.core.roles import Role
from tests.signing_in import signed_in


@pytest.mark.parametrize("asked", ["0", "-1", "x", "1e3", "٣", "9" * 5_000])
def test_what_is_no_page_is_the_first_one(app: Flask, asked: str) -> None:
    operator = signed_in(app, Role.OPERATOR)
    for path in ("/officer/certificates", "/officer/producers", "/review/products", "/operator/money/payouts"):
        assert operator.get(path, query_string={"page": asked}).status_code == 200, path
