"""Looks at the paths a user gave before long work begins, and writes files whole or not at all."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import AUHeadError


def check_input(path: str | Path, what: str) -> Path:
    """The path of a file that exists and can be read; `what` names its kind in the error ("picture", "sound")."""
    path = Path(path)
    if path.is_dir():
        raise AUHeadError(f"{path} is a folder; name the {what} in it.")
    if not path.exists():
        raise AUHeadError(f"There is no {what} at {path}; check the path.")
    if not os.access(path, os.R_OK):
        raise AUHeadError(f"The {what} {path} may not be read; check its permissions.")
    return path


def check_output(path: str | Path, *inputs: str | Path | None) -> Path:
    """The path of a file that can be written and is none of the inputs."""
    path = Path(path)
    if path.is_dir():
        raise AUHeadError(f"{path} is a folder; give the name of the file to write.")
    for given in inputs:
        if given is not None and path.exists() and Path(given).exists() and path.samefile(given):
            raise AUHeadError(f"The output {path} is also an input; give the output another name.")
    check_output_folder(path.parent)
    return path


def check_output_folder(folder: str | Path) -> Path:
    """The path of a folder in which a file can be created; the folder itself need not exist yet."""
    folder = Path(folder)
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not existing.is_dir():
        raise AUHeadError(f"{existing} is a file, not a folder; choose another place for the output.")
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise AUHeadError(f"Cannot write into {existing} ({error.strerror}); choose another place.") from error
    return folder


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; it takes the name `path` when the block ends well and vanishes when not.

    The folder is made when it is missing. Raises AUHeadError when the place or its free space does not allow the file.
    """
    path = Path(path)
    partial = path.with_name(f".{path.stem}.{uuid.uuid4().hex[:8]}.partial{path.suffix}")
    try:
        with made_folder(path.parent):
            try:
                yield partial
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise AUHeadError(f"Cannot write {path} ({reason}); check the place and its free space.") from error


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """A folder that exists; when the block fails, what had to be made of it is taken away again where it is empty."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]  # the innermost first
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for place in missing:
            with suppress(OSError):  # not made, or no longer empty
                place.rmdir()
        raise
