"""Settings that cannot be read say so in one sentence."""

import pytest

from config import ConfigurationError, Development


@pytest.mark.parametrize("name", ["HOLD_MINUTES", "PAGE_MEMORY_MB", "PROXY_HOPS"])
@pytest.mark.parametrize("given", ["", "soon", "-1", "1.5"])
def test_a_count_that_is_none_is_refused_by_name(name: str, given: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Development({name: given})
    assert Development({"HOLD_MINUTES": "45"}).HOLD_MINUTES == 45
