"""What rooms above know of products and their producers must do something about. They register at start."""

from collections.abc import Callable, Collection, Mapping, Sequence

#: Sentences by product id, in the reader's language; a product with nothing to do is absent.
Source = Callable[[Collection[int]], Mapping[int, Sequence[str]]]

_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Let ``source`` tell what is to be done about products; the same ``name`` again takes its place."""
    _sources[name] = source


def notices_about(product_ids: Collection[int]) -> dict[int, list[str]]:
    """Everything that is to be done about these products, in the order of the sources' names."""
    found: dict[int, list[str]] = {}
    for _name, source in sorted(_sources.items()):
        for product_id, sentences in source(product_ids).items():
            found.setdefault(product_id, []).extend(sentences)
    return found
