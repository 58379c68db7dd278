"""What can go wrong with orders."""

from marketplace.core.errors import Conflict, NotFound


class OrderNotFound(NotFound):
    """No such order, or not yours: both answer alike."""

    def __init__(self) -> None:
        super().__init__("order_not_found")


class OrderMoved(Conflict):
    """The order or parcel is no longer where this step could be taken from."""

    def __init__(self, *, state: str) -> None:
        super().__init__("order_moved", state=state)
