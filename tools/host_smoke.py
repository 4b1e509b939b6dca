"""Starts a ComfyUI with this plugin and asks it for our nodes, as a browser would.

PYTHON tools/host_smoke.py COMFYUI     # the Python that ComfyUI itself runs with; COMFYUI is its folder

The server gets folders of its own, a copy of what the registry would publish (git's files without those that
.comfyignore names) in custom_nodes, no graphics card and no network nodes. Fails, with the end of the server's log,
when the server does not come up, when a node of tests/data/node_contract.json is not offered, or when ComfyUI had to
leave out a plugin.
"""

import argparse
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NODES = json.loads((ROOT / "tests" / "data" / "node_contract.json").read_text(encoding="utf-8"))
FAILED = "IMPORT FAILED"  # what ComfyUI logs for a plugin that it cannot load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("comfyui", type=Path, help="the folder of ComfyUI")
    parser.add_argument("--seconds", type=float, default=180, help="how long to wait for the server (%(default)g)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        for name in ("custom_nodes", "input", "output", "models", "user"):
            (base / name).mkdir()
        publish(base / "custom_nodes" / "ComfyUI-AUHead")
        log = base / "server.log"
        try:
            offered, seconds = ask(options.comfyui.resolve(), base, log, options.seconds)
        except RuntimeError as error:
            sys.exit(f"{error}\n{tail(log)}")
        if FAILED in log.read_text(encoding="utf-8", errors="replace"):
            sys.exit(f"ComfyUI could not load a plugin\n{tail(log)}")
    if missing := [name for name in NODES if name not in offered]:
        sys.exit(f"ComfyUI does not offer {', '.join(missing)}")
    print(f"{len(NODES)} nodes are offered, {seconds:.0f} s after the start")


def published() -> list[str]:
    """Paths of the files that the registry's archive holds."""

    def listed(*options: str) -> list[str]:
        done = subprocess.run(["git", "ls-files", "-z", *options], cwd=ROOT, check=True, capture_output=True, text=True)
        return done.stdout.split("\0")[:-1]

    ignored = set(listed("--cached", "--ignored", "--exclude-from=.comfyignore"))
    return [path for path in listed() if path not in ignored and (ROOT / path).is_file()]


def publish(target: Path) -> None:
    for path in published():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, target / path)


def ask(comfyui: Path, base: Path, log: Path, limit: float) -> tuple[dict, float]:
    """The nodes that the server offers, by id, and the seconds until it answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--cpu", "--listen", "127.0.0.1", "--port", str(port), "--base-directory", str(base)]
    start = time.monotonic()
    with log.open("wb") as file:
        command = [sys.executable, "main.py", *options, "--disable-api-nodes"]
        server = subprocess.Popen(command, cwd=comfyui, stdout=file, stderr=subprocess.STDOUT)
        try:
            while server.poll() is None and time.monotonic() - start < limit:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/object_info", timeout=60) as answer:
                        return json.load(answer), time.monotonic() - start
                except (urllib.error.URLError, TimeoutError):
                    time.sleep(1)
        finally:
            server.terminate()
            server.wait(30)
    raise RuntimeError("ComfyUI ended" if server.returncode >= 0 else f"ComfyUI did not answer within {limit:g} s")


def tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:])


if __name__ == "__main__":
    main()
