"""Settings that cannot be read say so in one sentence."""

import pytest

from config import DEVELOPMENT_SECRETS, ConfigurationError, Development, Production


@pytest.mark.parametrize("name", ["HOLD_MINUTES", "PAGE_MEMORY_MB", "PROXY_HOPS"])
@pytest.mark.parametrize("given", ["", "soon", "-1", "1.5"])
def test_a_count_that_is_none_is_refused_by_name(name: str, given: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Development({name: given})
    assert Development({"HOLD_MINUTES": "45"}).HOLD_MINUTES == 45


GOOD = {
    **{name: f"{name}-{'0123456789abcdef' * 2}" for name in DEVELOPMENT_SECRETS},
    "PUBLIC_URL": "https://shop.example",
    "TRUSTED_HOSTS": "shop.example",
    "STRIPE_API_BASE": "https://gateway.example",
    "BANK_API_BASE": "https://bank.example",
    "BANK_BIN": "970000",
    "BANK_ACCOUNT": "1",
    "BANK_HOLDER": "SHOP",
}


def test_production_starts_with_its_own_settings_and_offers_no_pretend_bank() -> None:
    assert Production(GOOD).BANK_APP_URL == ""


@pytest.mark.parametrize("name", sorted(GOOD))
def test_production_refuses_what_is_missing_by_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Production({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize("name", sorted(DEVELOPMENT_SECRETS))
@pytest.mark.parametrize("weak", ["short", "a" * 40])
def test_production_refuses_weak_secrets(name: str, weak: str) -> None:
    for secret in (weak, DEVELOPMENT_SECRETS[name]):
        with pytest.raises(ConfigurationError, match=name):
            Production({**GOOD, name: secret})


@pytest.mark.parametrize(
    "switch",
    [{"CLOCK_FILE": "clock"}, {"SHOW_DEMO_LOGINS": "1"}, {"FLASK_DEBUG": "1"}, {"PUBLIC_URL": "http://x"}],
)
def test_production_refuses_switches_of_tests(switch: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        Production({**GOOD, **switch})
