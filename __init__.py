"""AUHead for ComfyUI: the entry point. Everything else is in nodes/ and auhead_models/."""

from comfy_api.latest import ComfyExtension, io

from .nodes import NODES


class AUHeadExtension(ComfyExtension):
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return NODES


async def comfy_entrypoint() -> AUHeadExtension:
    return AUHeadExtension()
