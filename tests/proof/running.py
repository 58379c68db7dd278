"""How random programs are run."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.stateful import RULE_MARKER, run_state_machine_as_test

from tests.proof.machine import ShopMachine

STEPS = 50


class DrawnAnew(HypothesisProvider):
    """Hypothesis' own chance, under a name of its own: with a named backend every program is drawn anew.

    Left to itself Hypothesis makes two of three programs from pieces of earlier ones; those say little new, and many
    end where the pieces do, before their last step.
    """


AVAILABLE_PROVIDERS["drawn anew"] = DrawnAnew


def run(
    programs: int,
    *,
    machine: type[ShopMachine] = ShopMachine,
    steps: int = STEPS,
    afresh: bool = False,
    only_find: bool = False,
) -> None:
    """Run so many programs of so many ``steps``: the same ones each time, or ``afresh`` other ones.

    Raises what the first program found that broke a promise; ``only_find``: as it was found, not made shorter.
    """
    run_state_machine_as_test(
        machine,
        settings=settings(
            backend="drawn anew",
            max_examples=programs,
            derandomize=not afresh,
            phases=(Phase.generate,) if only_find else (Phase.generate, Phase.shrink),
            stateful_step_count=steps + 1,  # the first sets the scene
            report_multiple_bugs=False,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def with_rules(*names: str) -> type[ShopMachine]:
    """The machine with these of its rules alone: its programs come to the point sooner."""
    rules = {name for name in dir(ShopMachine) if hasattr(getattr(ShopMachine, name), RULE_MARKER)}
    others = rules - set(names)
    return type("NarrowMachine", (ShopMachine,), dict.fromkeys(others))
