"""What is there to learn from: a folder of videos whose names tell the emotion, or a CSV file that lists recordings.

    audio,au,emotion,level,person              video,emotion,level,person
    001.wav,001.json,happy,3,Anna              talk/017.mp4,sad,2,

Paths are taken from the CSV file's own folder. `au` is a file of any format that AUHead reads; a row with `video` alone
has its Action Units read from the face. Level and person may be missing: level 2, and a person by itself.
"""

from dataclasses import dataclass
from pathlib import Path

from ...au.emotions import LEVELS, emotion_name
from ...au.formats.text import placed, read_table, read_text
from ...errors import AUHeadError
from ...training.videos import find_videos
from .names import USUAL_LEVEL, Feeling, read_name

COLUMNS = ("audio", "au", "emotion", "level", "person")


@dataclass(frozen=True)
class Recording:
    """sound: any sound or video file · units: an AU file; None when they are to be read from the face in `sound`."""

    name: str
    sound: Path
    units: Path | None
    feeling: Feeling


@dataclass(frozen=True)
class LeftOut:
    """A recording that is not used, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} is left out: {self.reason.rstrip('.')}."


def find_recordings(folder: str | Path) -> tuple[list[Recording], list[LeftOut]]:
    """The videos of a folder, and below, whose names tell an emotion. Raises AUHeadError where there is no video."""
    folder = Path(folder)
    found, left_out = [], []
    for path in find_videos(folder):
        inside = path.relative_to(folder)
        name = inside.as_posix()
        try:
            feeling = read_name(Path(folder.name) / inside)
        except AUHeadError as error:
            left_out.append(LeftOut(name, str(error)))
        else:
            found.append(Recording(name, path, None, feeling._replace(person=feeling.person or name)))
    return found, left_out


def read_manifest(path: str | Path) -> tuple[list[Recording], list[LeftOut]]:
    """The recordings that a CSV file lists. Raises AUHeadError when it is no such file; a bad row is left out."""
    path = Path(path)
    text = read_text(path)
    with placed(path.name):
        header, rows = read_table(text, path.name)
    columns = {title.lower(): index for index, title in enumerate(header)}
    if "emotion" not in columns or not {"audio", "video"} & set(columns):
        titles = ",".join(COLUMNS)
        raise AUHeadError(f"{path.name} lists no recordings; begin it with a line of column names such as {titles}.")
    found, left_out = [], []
    for line, row in rows:
        given = {title: row[index] if index < len(row) else "" for title, index in columns.items()}
        name = given.get("audio") or given.get("video") or f"line {line}"
        try:
            found.append(_recording(name, given, path.parent))
        except AUHeadError as error:
            left_out.append(LeftOut(f"{name} (line {line})", str(error)))
    return found, left_out


def _recording(name: str, given: dict[str, str], folder: Path) -> Recording:
    if not (given.get("video") or (given.get("audio") and given.get("au"))):
        raise AUHeadError("its row needs both audio and au, or video")
    level = given.get("level") or str(USUAL_LEVEL)
    if level not in map(str, LEVELS):
        raise AUHeadError(f'its level is "{level}"; use 1, 2 or 3')
    feeling = Feeling(emotion_name(given["emotion"]), int(level), given.get("person") or name)
    if given.get("audio") and given.get("au"):
        return Recording(name, folder / given["audio"], folder / given["au"], feeling)
    return Recording(name, folder / given["video"], None, feeling)
