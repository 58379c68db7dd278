"""What can go wrong with products."""

from marketplace.core.errors import Conflict


class VersionOutdated(Conflict):
    """Somebody else saved first (S8): look at the newest version. Facts: ``version``, the newest."""

    def __init__(self, version: int) -> None:
        super().__init__("version_outdated", version=version)
