"""Types, inputs, outputs, schemas and the base class of nodes."""

from dataclasses import dataclass, field
from enum import Enum


class FolderType(str, Enum):
    input = "input"
    output = "output"
    temp = "temp"


class _Input:
    io_type = ""

    def __init__(self, id: str, optional: bool = False, tooltip: str | None = None):
        self.id, self.optional, self.tooltip = id, optional, tooltip


class _Output:
    io_type = ""

    def __init__(self, id: str | None = None, display_name: str | None = None, tooltip: str | None = None):
        self.id, self.display_name, self.tooltip = id, display_name, tooltip


def Custom(io_type: str) -> type:
    """A type of values with its sockets."""
    return _socket_type(io_type, _Input)


def _socket_type(io_type: str, base: type) -> type:
    return type(
        io_type,
        (),
        {
            "io_type": io_type,
            "Input": type("Input", (base,), {"io_type": io_type}),
            "Output": type("Output", (_Output,), {"io_type": io_type}),
        },
    )


class _Widget(_Input):
    def __init__(self, id, optional=False, tooltip=None, default=None):
        super().__init__(id, optional, tooltip)
        self.default = default


class _Number(_Widget):
    def __init__(
        self, id, optional=False, tooltip=None, default=None, min=None, max=None, step=None, control_after_generate=None
    ):
        super().__init__(id, optional, tooltip, default)
        self.min, self.max, self.step, self.control_after_generate = min, max, step, control_after_generate


class _Decimal(_Number):
    def __init__(self, id, optional=False, tooltip=None, default=None, min=None, max=None, step=None):
        super().__init__(id, optional, tooltip, default, min, max, step)


class _Text(_Widget):
    def __init__(self, id, optional=False, tooltip=None, multiline=False, default=None, force_input=None):
        super().__init__(id, optional, tooltip, default)
        self.multiline, self.force_input = multiline, force_input


class _Choice(_Widget):
    def __init__(self, id, options=None, optional=False, tooltip=None, default=None):
        super().__init__(id, optional, tooltip, default)
        self.options = options


Image = _socket_type("IMAGE", _Input)
Mask = _socket_type("MASK", _Input)
Audio = _socket_type("AUDIO", _Input)
Int = _socket_type("INT", _Number)
Float = _socket_type("FLOAT", _Decimal)
String = _socket_type("STRING", _Text)
Boolean = _socket_type("BOOLEAN", _Widget)
Combo = _socket_type("COMBO", _Choice)


@dataclass
class Schema:
    node_id: str
    display_name: str | None = None
    category: str = "sd"
    inputs: list | None = None
    outputs: list | None = None
    description: str = ""
    search_aliases: list[str] = field(default_factory=list)
    is_output_node: bool = False


class NodeOutput:
    def __init__(self, *args, ui: dict | None = None):
        self.args, self.ui = args, ui


class ComfyNode:
    """Base of every node: class methods `define_schema`, `execute` and, where files matter, `fingerprint_inputs`."""
