"""ComfyUI's V3 node interface, as far as our nodes speak it: schemas are data, nodes are classes with `execute`."""

from . import io, ui


class ComfyExtension:
    """What the entry point of a plugin returns."""


__all__ = ["ComfyExtension", "io", "ui"]
