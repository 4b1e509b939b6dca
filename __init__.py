"""AUHead for ComfyUI: the entry point. Everything else is in nodes/ and auhead_models/."""

from .nodes import NODES
from .nodes.host import ComfyExtension, io

WEB_DIRECTORY = "./web"


class AUHeadExtension(ComfyExtension):
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return NODES


async def comfy_entrypoint() -> AUHeadExtension:
    return AUHeadExtension()
