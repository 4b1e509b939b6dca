"""Fetches the files of a bundle, when the user has switched that on, with nothing but the standard library.

What has arrived waits beside its place as a ``.part`` file, so that the next try goes on where one stopped. A file
takes its name only when its size and its SHA-256 are right.
"""

import errno
import hashlib
import http.client
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from ..errors import AUHeadError
from ..files import check_output_folder
from .manifest import HUB, BundleFile, Folders, readable_size

CHUNK = 1 << 20
TIMEOUT = 30.0  # seconds without a byte
WAITS = (1.0, 2.0, 4.0, 8.0)  # seconds before each further try that a dropped connection gets
SPARE = 100_000_000  # bytes left free on the disk
_AGENT = {"User-Agent": "auhead", "Accept-Encoding": "identity"}
_BUSY = (408, 425, 429, 500, 502, 503, 504)
_HASH_LENGTH = 64

Progress = Callable[[int, int], None]


def download_bundle(files: Iterable[BundleFile], folders: Folders, progress: Progress | None = None) -> dict[str, Path]:
    """Fetch files to their places in ComfyUI's model folders; returns the paths by part.

    folders: as for `find_bundle` · progress: of bytes (done, total), for all files together. It may raise to cancel;
    then what has arrived stays for the next time. HF_ENDPOINT in the environment names another hub, as for other
    programs. Raises AUHeadError.
    """
    files = list(files)
    total = sum(file.size for file in files)
    paths = {file.part: file.path(folders) for file in files}
    _check_space([(paths[file.part], file.size - _length(_part(paths[file.part], file.sha256))) for file in files])
    hub = (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")
    before = 0
    for file in files:
        report = progress and (lambda done, _, before=before: progress(before + done, total))
        download(file.url.replace(HUB, hub, 1), paths[file.part], file.size, file.sha256, report)
        before += file.size
    return paths


def download(
    url: str, path: str | Path, size: int | None = None, sha256: str | None = None, progress: Progress | None = None
) -> Path:
    """Fetch one file. size, sha256: what it must have; when None, what the hub says of it. progress: as above."""
    path = Path(path)
    check_output_folder(path.parent)
    offer = _patiently(lambda: _ask(url), url)
    if sha256 and offer.sha256 and sha256 != offer.sha256:
        raise AUHeadError(
            f"{url} is no longer the file that this AUHead knows; update AUHead, or get the file by hand."
        )
    size, sha256 = size or offer.size, sha256 or offer.sha256
    part = _part(path, sha256)
    _check_space([(path, (size or 0) - _length(part))])
    with _disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    _patiently(lambda: _continue(url, part, size, progress), url, lambda: _length(part))
    _check_content(url, part, sha256, progress)
    with _disk(path):
        part.replace(path)
    return path


@dataclass(frozen=True)
class _Offer:
    """What the hub says of a file before it sends it."""

    size: int | None
    sha256: str | None


class _Dropped(Exception):
    """A connection ended early, or the server is busy."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def _part(path: Path, sha256: str | None) -> Path:
    """What has arrived so far; never of another version of the file."""
    return path.with_name(f"{path.name}.{(sha256 or 'unknown')[:12]}.part")


def _ask(url: str) -> _Offer:
    """The hub answers with a redirection that names size and hash; storage behind it does not know them."""
    opener = urllib.request.build_opener(_NoRedirect)
    for _ in range(5):
        request = urllib.request.Request(url, headers=_AGENT, method="HEAD")
        try:
            with opener.open(request, timeout=TIMEOUT) as answer:
                headers = answer.headers
        except urllib.error.HTTPError as error:
            if not 300 <= error.code < 400:
                raise
            headers = error.headers
            target = urljoin(url, headers.get("Location", ""))
            if "X-Linked-Etag" not in headers and urlsplit(target).netloc == urlsplit(url).netloc:
                url = target  # a repository that was renamed
                continue
            return _Offer(_whole(headers.get("X-Linked-Size")), _hash(headers.get("X-Linked-Etag")))
        size = headers.get("X-Linked-Size") or headers.get("Content-Length")
        return _Offer(_whole(size), _hash(headers.get("X-Linked-Etag") or headers.get("ETag")))
    return _Offer(None, None)


def _patiently(action: Callable, url: str, came: Callable[[], int] = lambda: 0):
    """Do it again while the network fails, after longer and longer pauses; bytes that came shorten them again."""
    pauses, before = list(WAITS), came()
    while True:
        try:
            return action()
        except urllib.error.HTTPError as error:
            if error.code not in _BUSY:
                raise AUHeadError(_refused(url, error.code)) from error
            reason = error
        except (OSError, http.client.HTTPException, _Dropped) as error:
            reason = error
        if came() > before:
            pauses, before = list(WAITS), came()
        if not pauses:
            raise AUHeadError(_given_up(url, reason, before)) from reason
        time.sleep(pauses.pop(0))


def _continue(url: str, part: Path, size: int | None, progress: Progress | None) -> None:
    """Bring the file beside its place to its full length, from where it stops."""
    have = _length(part)
    if size is not None and have == size:
        return
    if size is not None and have > size:
        part.unlink()
        have = 0
    headers = {**_AGENT, "Range": f"bytes={have}-"} if have else _AGENT
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not have:
            raise
        part.unlink()  # of a file that has become shorter
        raise _Dropped from error
    with answer:
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            have = 0  # the server sends all of it again
        length = _whole(answer.headers.get("Content-Length"))
        total = size if size is not None else None if length is None else have + length
        with _disk(part):
            file = part.open("ab" if have else "wb")
        try:
            while chunk := answer.read(CHUNK):
                with _disk(part):
                    file.write(chunk)
                    file.flush()
                have += len(chunk)
                if progress:
                    progress(min(have, total or have), total or have)
        finally:
            with _disk(part):  # it writes once more what did not fit
                file.close()
    if total is not None and have < total:
        raise _Dropped
    if total is not None and have > total:
        part.unlink()
        raise AUHeadError(f"{url} is longer than {readable_size(total)}, so it is another file; get it by hand.")


def _check_content(url: str, part: Path, sha256: str | None, progress: Progress | None) -> None:
    if sha256 is None:
        return
    digest, total = hashlib.sha256(), _length(part)
    with part.open("rb") as file:
        while chunk := file.read(16 * CHUNK):
            digest.update(chunk)
            if progress:
                progress(total, total)  # a moment to cancel
    if digest.hexdigest() != sha256.lower():
        part.unlink()
        raise AUHeadError(f"{url} arrived damaged: its SHA-256 is not the right one; download it again.")


def _check_space(wanted: Iterable[tuple[Path, int]]) -> None:
    """wanted: bytes still to come, by path."""
    needed: dict[int, int] = {}
    folders: dict[int, Path] = {}
    for path, size in wanted:
        folder = next(place for place in path.absolute().parents if place.exists())
        disk = folder.stat().st_dev
        folders[disk] = folder
        needed[disk] = needed.get(disk, 0) + max(0, size)
    for disk, folder in folders.items():
        free = shutil.disk_usage(folder).free
        if needed[disk] and free < needed[disk] + SPARE:
            raise AUHeadError(
                f"The download takes {readable_size(needed[disk])}, but {folder} has only {readable_size(free)} free; "
                "make room there and start it again."
            )


@contextmanager
def _disk(path: Path):
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            what = f"The disk of {path.parent} is full; make room and start again"
            raise AUHeadError(f"{what}, and the download goes on where it stopped.") from error
        raise AUHeadError(f"Cannot write into {path.parent} ({error.strerror or error}); check the place.") from error


def _refused(url: str, code: int) -> str:
    if code in (401, 403):
        return f"{urlsplit(url).netloc} does not give out {url} without an account; get the file by hand."
    if code == http.HTTPStatus.NOT_FOUND:
        return f"There is no file at {url} any more; update AUHead, or get the file by hand."
    return f"{urlsplit(url).netloc} refused {url} (HTTP {code}); try again later, or get the file by hand."


def _given_up(url: str, reason: Exception, came: int) -> str:
    if came:
        came = readable_size(came)
        return f"The download of {url} broke off after {came}; start it again, and it goes on where it stopped."
    why = getattr(reason, "reason", None) or str(reason) or "the connection broke off"
    return f"Cannot fetch {url} ({why}); check the network and try again."


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.strip().isdigit() else None


def _hash(tag: str | None) -> str | None:
    """The hub's tag of a large file is its SHA-256; that of a small one is not."""
    tag = (tag or "").removeprefix("W/").strip('"').lower()
    return tag if len(tag) == _HASH_LENGTH and not set(tag) - set("0123456789abcdef") else None
