"""Downloads from a server on this machine that behaves like the hub, and as badly as networks do."""

import errno
import hashlib
import shutil
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from auhead_models.diffusion import download as module
from auhead_models.diffusion.download import download, download_bundle
from auhead_models.diffusion.manifest import SD15_FILES, find_bundle, model_folders
from auhead_models.errors import AUHeadError

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
STORED = "/storage/blob"


class Hub(BaseHTTPRequestHandler):
    """A hub that names size and hash of a file in a redirection to where it is stored."""

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        faults, path = self.server.faults, self.path
        self.server.asked.append((self.command, path, self.headers.get("Range")))
        if faults.get("busy", 0) > 0:
            faults["busy"] -= 1
            return self._answer(503)
        if "status" in faults:
            return self._answer(faults["status"])
        if path.startswith("/old-name"):
            return self._answer(307, {"Location": path.replace("/old-name", "/name")})
        if path != STORED:
            linked = {"X-Linked-Etag": f'"{faults.get("sha256", SHA256)}"', "X-Linked-Size": str(len(CONTENT))}
            return self._answer(302, {"Location": f"http://127.0.0.1:{self.server.server_port}{STORED}", **linked})
        content = faults.get("content", CONTENT)
        begin = 0
        if (wanted := self.headers.get("Range")) and not faults.get("no_ranges"):
            begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(content):
                return self._answer(416)
        headers = {"Content-Length": str(len(content) - begin)}
        self._answer(206 if begin else 200, headers, end=False)
        if self.command == "GET":
            upto = len(content)
            if faults.get("drops", 0) > 0:
                faults["drops"] -= 1
                upto = min(upto, begin + faults.get("after", 50_000))
            self.wfile.write(content[begin:upto])

    def _answer(self, status, headers=None, end=True):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if end:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr(module, "WAITS", (0.0, 0.0))
    monkeypatch.setattr(module, "CHUNK", 10_000)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.faults, server.asked = {}, []
    server.url = f"http://127.0.0.1:{server.server_port}/name/file.pth"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def ranges(hub) -> list[str | None]:
    """What was asked of the storage."""
    return [wanted for command, path, wanted in hub.asked if (command, path) == ("GET", STORED)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_arrives_whole_under_its_name(hub, tmp_path):
    seen = []
    path = download(hub.url, tmp_path / "new" / "file.pth", progress=lambda *at: seen.append(at))
    assert path.read_bytes() == CONTENT and names(tmp_path) == ["file.pth"]
    assert seen[-1] == (len(CONTENT), len(CONTENT)) and seen == sorted(seen)
    assert ranges(hub) == [None]


def test_a_renamed_repository(hub, tmp_path):
    download(hub.url.replace("/name/", "/old-name/"), tmp_path / "file.pth", len(CONTENT), SHA256)
    assert names(tmp_path) == ["file.pth"]


def test_dropped_connections_are_taken_up_again(hub, tmp_path):
    hub.faults.update(drops=4)
    download(hub.url, tmp_path / "file.pth")
    assert (tmp_path / "file.pth").read_bytes() == CONTENT
    assert ranges(hub) == [None, "bytes=50000-", "bytes=100000-", "bytes=150000-", "bytes=200000-"]


def test_a_download_that_broke_off_goes_on_the_next_time(hub, tmp_path):
    hub.faults.update(drops=1, after=70_000)

    def stop(done, total):
        if done > 60_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(hub.url, tmp_path / "file.pth", progress=stop)
    (part,) = tmp_path.iterdir()
    assert part.suffix == ".part" and part.read_bytes() == CONTENT[: part.stat().st_size]
    stopped = part.stat().st_size
    assert stopped > 60_000
    hub.faults.clear()
    download(hub.url, tmp_path / "file.pth")
    assert ranges(hub)[-1] == f"bytes={stopped}-" and names(tmp_path) == ["file.pth"]
    assert (tmp_path / "file.pth").read_bytes() == CONTENT


def test_a_connection_that_never_lasts(hub, tmp_path):
    hub.faults.update(drops=99, after=0)
    with pytest.raises(AUHeadError, match="Cannot fetch .*/name/file.pth .*; check the network and try again"):
        download(hub.url, tmp_path / "file.pth")
    (tmp_path / f"file.pth.{SHA256[:12]}.part").write_bytes(CONTENT[:1000])
    with pytest.raises(AUHeadError, match="broke off after 0 MB; start it again, and it goes on where it stopped"):
        download(hub.url, tmp_path / "file.pth")


def test_a_server_without_ranges_sends_all_again(hub, tmp_path):
    (tmp_path / f"file.pth.{SHA256[:12]}.part").write_bytes(b"x" * 1000)
    hub.faults["no_ranges"] = True
    assert download(hub.url, tmp_path / "file.pth").read_bytes() == CONTENT


def test_a_finished_part_is_not_fetched_again(hub, tmp_path):
    (tmp_path / f"file.pth.{SHA256[:12]}.part").write_bytes(CONTENT)
    assert download(hub.url, tmp_path / "file.pth").read_bytes() == CONTENT
    assert ranges(hub) == []


def test_a_busy_server_gets_another_try(hub, tmp_path):
    hub.faults["busy"] = 2
    assert download(hub.url, tmp_path / "file.pth").read_bytes() == CONTENT
    hub.faults["busy"] = 99
    with pytest.raises(AUHeadError, match="Cannot fetch .*try again"):
        download(hub.url, tmp_path / "other.pth")


@pytest.mark.parametrize(
    "content", (CONTENT[:-1] + b"?", CONTENT + b"more"), ids=("another byte at the end", "longer than it should be")
)
def test_wrong_content_never_takes_the_name(hub, tmp_path, content):
    hub.faults["content"] = content
    with pytest.raises(AUHeadError, match="arrived damaged: its SHA-256|is longer than"):
        download(hub.url, tmp_path / "file.pth")
    assert names(tmp_path) == []


def test_another_version_on_the_hub(hub, tmp_path):
    hub.faults["sha256"] = "0" * 64
    with pytest.raises(AUHeadError, match="no longer the file that this AUHead knows; update AUHead"):
        download(hub.url, tmp_path / "file.pth", len(CONTENT), SHA256)
    assert names(tmp_path) == [] and ranges(hub) == []


@pytest.mark.parametrize(
    ("status", "sentence"),
    ((404, "There is no file at .* any more"), (401, "without an account; get"), (410, r"refused .* \(HTTP 410\)")),
)
def test_refusals(hub, tmp_path, status, sentence):
    hub.faults["status"] = status
    with pytest.raises(AUHeadError, match=sentence) as error:
        download(hub.url, tmp_path / "file.pth")
    assert hub.url in str(error.value) and names(tmp_path) == []


def test_no_network(hub, tmp_path):
    with pytest.raises(AUHeadError, match=r"Cannot fetch http://127.0.0.1:1/file \(.*refused.*\); check the network"):
        download("http://127.0.0.1:1/file", tmp_path / "file.pth")


def test_too_little_room_is_told_before_anything_is_fetched(hub, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(AUHeadError, match=r"takes 0 MB, but .* has only 1 MB free; make room there"):
        download(hub.url, tmp_path / "file.pth")
    with pytest.raises(AUHeadError, match=r"takes 10.9 GB, but .* has only 1 MB free"):
        download_bundle(SD15_FILES, model_folders(tmp_path))
    assert names(tmp_path) == [] and ranges(hub) == []


def test_a_disk_that_fills_up_keeps_what_came(hub, tmp_path, monkeypatch):
    class Full:
        def __init__(self, file):
            self.file = file

        def __getattr__(self, name):
            return getattr(self.file, name)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, chunk):
            if self.file.tell() >= 30_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.file.write(chunk)

    path_open = Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, mode="r": Full(path_open(path, mode)) if mode[0] in "aw" else path_open(path, mode)
    )
    with pytest.raises(AUHeadError, match="is full; make room and start again, and the download goes on"):
        download(hub.url, tmp_path / "file.pth")
    (part,) = tmp_path.iterdir()
    assert part.read_bytes() == CONTENT[:30_000]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
def test_a_disk_that_is_full_from_the_first_byte(hub, tmp_path, monkeypatch):
    """What a small write could not put there is written again when the file is closed."""
    monkeypatch.setattr(module, "CHUNK", 100)
    (tmp_path / f"file.pth.{SHA256[:12]}.part").symlink_to("/dev/full")
    with pytest.raises(AUHeadError, match="is full; make room and start again, and the download goes on"):
        download(hub.url, tmp_path / "file.pth")


def test_a_bundle_goes_to_the_folders_of_its_files(hub, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.url.removesuffix("/name/file.pth") + "/")
    files = [replace(file, size=len(CONTENT), sha256=SHA256) for file in SD15_FILES]
    folders, seen = model_folders(tmp_path), []
    paths = download_bundle(files[:2] + files[4:], folders, lambda *at: seen.append(at))
    found = find_bundle(folders)
    assert paths == found.files and [file.part for file in found.missing] == ["reference_net", "guider"]
    assert seen == sorted(seen) and seen[-1] == (4 * len(CONTENT),) * 2
    assert paths["vae"] == tmp_path / "vae" / "sd-vae-ft-mse.safetensors"
    assert ("HEAD", "/ZJYang/AniPortrait/resolve/main/denoising_unet.pth", None) in hub.asked
