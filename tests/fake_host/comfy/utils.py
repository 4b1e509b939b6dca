"""The progress bar of a node, without a screen."""


class ProgressBar:
    def __init__(self, total: int):
        self.total = total
        self.current = 0

    def update_absolute(self, value: int, total: int | None = None, preview: tuple | None = None) -> None:
        if total is not None:
            self.total = total
        self.current = min(value, self.total)
