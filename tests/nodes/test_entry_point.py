import asyncio
import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_comfyui_finds_all_nodes_once(monkeypatch):
    """The folder is imported by its path, under a name that is no identifier, as ComfyUI does it."""
    name = str(ROOT)
    spec = importlib.util.spec_from_file_location(name, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)])
    plugin = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, plugin)
    try:
        spec.loader.exec_module(plugin)
        nodes = asyncio.run(asyncio.run(plugin.comfy_entrypoint()).get_node_list())
    finally:
        for loaded in [module for module in sys.modules if module.startswith(f"{name}.")]:
            del sys.modules[loaded]
    assert len(nodes) == len({node.define_schema().node_id for node in nodes}) == 14
    assert not hasattr(plugin, "NODE_CLASS_MAPPINGS")  # ComfyUI would take it instead


def test_only_one_file_speaks_with_comfyui():
    words = ("comfy", "folder_paths", "PromptServer", "server")
    for path in [*(ROOT / "nodes").glob("*.py"), *(ROOT / "auhead_models").rglob("*.py"), ROOT / "__init__.py"]:
        if path.relative_to(ROOT) == Path("nodes/host.py"):
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(("import ", "from ")):
                assert not line.split()[1].startswith(words), f"{path}: {line}"
