"""What the user of a broken or foreign run directory is told."""


class RunError(ValueError):
    """A run cannot be read. Says where (file and line), what stood there, and what may stand there."""

    def __init__(self, where: object, what: str, allowed: str) -> None:
        super().__init__(f"{where}: {what}; allowed: {allowed}")
