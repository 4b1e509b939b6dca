"""Videos of talking heads made ready for training, once, and kept.

Of each video stay: the latents of its frames in a crop chosen once, the landmarks from which FaceMaps are drawn, the
Action Units read from them, and which frame serves as the portrait, the calmest one. A clip is a safetensors file:

  latents [T, C, h, w] fp16 · landmarks [T, 478, 3] crop pixels · values [T, 24] units less the portrait's · own [24]
  units of the portrait, 0..1 · portrait [] number of its frame · image_token [1, 1, D] · size [] side of the crop ·
  heard [T, 5, width] features of the sound around each frame, for a model that listens, else [T, 0, 0]
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import torch
from safetensors.torch import load_file

from ...au.sequence import FPS
from ...errors import AUHeadError
from ...face.crop import extract_crop, square_crop, transform_points
from ...face.estimate import estimate_sequence
from ...training.videos import at_rate, find_videos, fingerprint, seen_frames, watch_face
from ...video import VideoReader
from ..codec import encode, image_token
from ..model import FaceDiffusion
from ..tokens import heard_around
from ..weight_files import write_weights

logger = logging.getLogger(__name__)

Sound = Callable[[str, Path, int], torch.Tensor]  # features of a name, of a video's sound, for so many frames at 25 fps
_CHUNK = 8  # frames encoded at once


@dataclass(frozen=True, eq=False)
class TrainingClip:
    """One clip in memory; shapes as above."""

    name: str
    latents: torch.Tensor
    landmarks: torch.Tensor
    values: torch.Tensor
    own: torch.Tensor
    portrait: int
    image_token: torch.Tensor
    size: int
    heard: torch.Tensor

    def __len__(self) -> int:
        return len(self.latents)


def prepare_clips(
    videos: str | Path,
    cache: str | Path,
    model: FaceDiffusion,
    size: int,
    shortest: int,
    device: torch.device | str = "cpu",
    progress: Callable[[int, int], None] | None = None,
    audio: str | None = None,
    sound: Sound | None = None,
) -> list[Path]:
    """Make clips of all videos in a folder and below, in `cache`; those that are there are not made again.

    size: side of the crops in pixels, a multiple of 64. shortest: frames below which a video is left out. A video that
    cannot be used is told in the log. audio: name of the features of its sound that `sound` is to make, when a model
    listens. Raises AUHeadError when no video can be used.
    """
    files, cache = find_videos(videos), Path(cache)
    shapes = size, audio, model.name, type(model.vae).__name__, model.image_encoder is None
    clips = []
    for done, file in enumerate(files, 1):
        clip = cache / f"{file.stem}-{fingerprint(file, of=shapes)}.safetensors"
        try:
            if not clip.exists():
                hear = None if audio is None else partial(sound, audio, file)
                write_weights(clip, _measure(file, model, size, shortest, device, hear), {})
            clips.append(clip)
        except AUHeadError as error:
            logger.warning("%s is left out: %s", file, error)
        if progress is not None:
            progress(done, len(files))
    if not clips:
        raise AUHeadError(
            f"None of the {len(files)} videos in {videos} can be used; each needs {shortest} frames or more that show "
            "one face from the front."
        )
    return clips


def load_clip(path: Path) -> TrainingClip:
    tensors = load_file(path)
    numbers = {name: int(tensors.pop(name)) for name in ("portrait", "size")}
    return TrainingClip(path.stem, **tensors, **numbers)


@torch.inference_mode()
def _measure(
    file: Path,
    model: FaceDiffusion,
    size: int,
    shortest: int,
    device: torch.device | str,
    hear: Callable[[int], torch.Tensor] | None,
) -> dict[str, torch.Tensor]:
    points = watch_face(file, device, shortest)
    seen = seen_frames(points)
    heard = torch.zeros(len(points), 0, 0) if hear is None else heard_around(hear(len(points)))
    performance = estimate_sequence(points, FPS)
    units = torch.tensor(performance.values)
    points = points[seen]
    units = units[seen]
    portrait = int(units.abs().sum(1).argmin())
    with VideoReader(file) as video:
        frames = (frame for frame, good in zip(at_rate(video, video.fps), seen.tolist()) if good)
        first = next(frames)
        matrix = square_crop(points.median(0).values, tuple(first.shape[:2]), size=size)
        crops = (extract_crop(frame, matrix, size) for frame in chain([first], frames))
        latents, picture = [], None
        for start, chunk in _chunks(crops):
            latents.append(encode(model.vae, chunk.to(device)).half().cpu())
            if start <= portrait < start + len(chunk):
                picture = chunk[portrait - start]
    latents = torch.cat(latents).contiguous()
    if model.image_encoder is None:
        token = torch.zeros(1, 1, model.unet.config.cross_attention_dim)
    else:
        token = image_token(model.image_encoder, picture.to(device)).float().cpu()
    own = units[portrait].clone()
    return {
        "latents": latents,
        "landmarks": transform_points(points[: len(latents)], matrix, inverse=True).float().contiguous(),
        "values": (units - own)[: len(latents)].contiguous(),
        "own": own,
        "portrait": torch.tensor(portrait),
        "image_token": token.contiguous(),
        "size": torch.tensor(size),
        "heard": heard[seen][: len(latents)].contiguous(),
    }


def _chunks(frames: Iterable[torch.Tensor]) -> Iterator[tuple[int, torch.Tensor]]:
    """Stacks of frames, each with the number of its first one."""
    start, chunk = 0, []
    for frame in frames:
        chunk.append(frame)
        if len(chunk) == _CHUNK:
            yield start, torch.stack(chunk)
            start, chunk = start + len(chunk), []
    if chunk:
        yield start, torch.stack(chunk)
