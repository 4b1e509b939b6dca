"""Videos in and out through PyAV, one frame at a time, so memory does not grow with the length.

Frames are torch float32, RGB, [H, W, 3] in 0..1. Written files are H.264 (yuv420p, BT.709) with AAC sound, and say in
their metadata that they are AI-generated. The frames decide the length: sound is padded with silence or cut, never
stretched.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import torch
from av.video.reformatter import ColorRange, Colorspace

from .errors import AUHeadError
from .files import check_input, whole_file
from .image import to_bytes

if TYPE_CHECKING:
    from .speech import Audio

CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
AI_GENERATED = {  # .mov keeps only the comment
    "comment": "AI-generated video: a still portrait animated with AUHead",
    "description": "AI-generated video: a still portrait animated with AUHead",
}
FPS_RANGE = (1.0, 120.0)

_SOUND_RATES = (44100, 48000)  # every player takes these; other rates are resampled to the last
_LAYOUTS = {1: "mono", 2: "stereo", 4: "4.0", 6: "5.1", 8: "7.1"}  # other counts are averaged to mono
_BT709 = 1  # in ffmpeg's tables of colour primaries and transfer curves


def check_container(path: str | Path) -> Path:
    """The path of a video that can be written, judged by its ending."""
    path = Path(path)
    if path.suffix.lower() not in CONTAINERS:
        raise AUHeadError(f"Cannot tell the kind of video from the name {path}; end it in {', '.join(CONTAINERS)}.")
    return path


def video_rate(fps: float) -> Fraction:
    """The frame rate as an exact fraction, when it is one that our videos may have."""
    low, high = FPS_RANGE
    if not low <= fps <= high:  # also refuses NaN
        raise AUHeadError(f"{fps:g} frames per second is out of range; give a number from {low:g} to {high:g}.")
    return Fraction(fps).limit_denominator(1001)


class VideoWriter:
    """Stream frames, and sound beside them, into one file.

        with VideoWriter("talking.mp4", fps=25, width=512, height=512, audio=audio) as video:
            for frame in frames:
                video.write(frame)

    The file takes its name when the block ends; an error or Ctrl-C inside the block leaves nothing behind. Odd sizes
    are padded by one pixel, because yuv420p needs even ones. `audio` holds samples [C, N] and their sample_rate; more
    than two channels are mixed down to stereo. Raises AUHeadError for an unknown file type, an fps outside 1..120 and a
    place that cannot be written.
    """

    def __init__(self, path: str | Path, fps: float, width: int, height: int, audio: Audio | None = None):
        self.path = check_container(path)
        self.fps = video_rate(fps)
        self.width, self.height, self.audio = width, height, audio
        self.frames = 0

    def __enter__(self) -> VideoWriter:
        self._file = self._open()
        self._file.__enter__()
        return self

    def __exit__(self, *error) -> bool | None:
        return self._file.__exit__(*error)

    def write(self, frame: torch.Tensor) -> None:
        """Append one frame [height, width, 3] and the sound that belongs to it."""
        if tuple(frame.shape) != (self.height, self.width, 3):
            raise ValueError(f"a frame of shape {tuple(frame.shape)} in a video of {(self.height, self.width, 3)}")
        pixels = np.pad(to_bytes(frame), ((0, self.height % 2), (0, self.width % 2), (0, 0)), mode="edge")
        picture = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        picture.pts = self.frames
        self._container.mux(self._video.encode(picture))
        self.frames += 1
        if self._sound:
            self._sound.write_until(self.frames / self.fps)

    @contextmanager
    def _open(self) -> Iterator[None]:
        kind = CONTAINERS[self.path.suffix.lower()]
        options = {} if kind == "matroska" else {"movflags": "+faststart"}
        with (
            whole_file(self.path) as partial,
            _sentences(self.path),
            av.open(str(partial), "w", format=kind, options=options) as self._container,
        ):
            self._container.metadata.update(AI_GENERATED)
            self._video = self._add_video()
            self._sound = _Sound(self._container, self.audio) if self.audio is not None else None
            yield
            self._container.mux(self._video.encode(None))
            if self._sound:
                self._sound.finish()

    def _add_video(self) -> av.VideoStream:
        stream = self._container.add_stream("libx264", rate=self.fps, options={"crf": "17"})
        stream.width, stream.height = self.width + self.width % 2, self.height + self.height % 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace = Colorspace.ITU709
        stream.codec_context.color_range = ColorRange.MPEG
        stream.codec_context.color_primaries = stream.codec_context.color_trc = _BT709
        return stream


class _Sound:
    """Feeds the samples of an Audio to an AAC stream, in step with the frames."""

    def __init__(self, container: av.container.OutputContainer, audio: Audio):
        self._container = container
        self._samples, self._rate = np.asarray(audio.samples), int(audio.sample_rate)
        rate = self._rate if self._rate in _SOUND_RATES else _SOUND_RATES[-1]
        channels = self._samples.shape[0]
        self._layout = _LAYOUTS.get(channels, "mono")
        layout = "mono" if self._layout == "mono" else "stereo"
        self._stream = container.add_stream("aac", rate=rate, layout=layout, options={"b": "192k"})
        self._resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
        self._position = 0

    def write_until(self, seconds: Fraction) -> None:
        """Encode up to this time, with silence where the recording has ended."""
        start, stop = self._position, round(seconds * self._rate)
        part = np.nan_to_num(self._samples[:, start:stop], posinf=1.0, neginf=-1.0).clip(-1.0, 1.0)
        if self._layout == "mono":
            part = part.mean(axis=0, keepdims=True)
        part = np.pad(part.astype(np.float32), ((0, 0), (0, stop - start - part.shape[1])))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), format="fltp", layout=self._layout)
        frame.sample_rate, frame.time_base, frame.pts = self._rate, Fraction(1, self._rate), start
        self._encode(frame)
        self._position = stop

    def finish(self) -> None:
        self._encode(None)
        self._container.mux(self._stream.encode(None))

    def _encode(self, frame: av.AudioFrame | None) -> None:
        for part in self._resampler.resample(frame):
            self._container.mux(self._stream.encode(part))


class VideoReader:
    """The frames of a video file, one at a time at an even pace, turned upright.

        with VideoReader("talking.mp4") as video:
            for frame in video:  # [H, W, 3]
                ...

    `fps` is the mean frame rate, `frames` the number of frames that iterating will give (an estimate: files may lie).
    Files with an uneven pace (phones) give the frame on screen at each 1/fps. Raises AUHeadError for a file that is
    missing, holds no video or is damaged.
    """

    def __init__(self, path: str | Path):
        self.path = check_input(path, "video")
        with _sentences(self.path, "Cannot read"):
            self._container = av.open(str(self.path))
        if not self._container.streams.video:
            self._container.close()
            raise AUHeadError(f"{self.path} holds no video; give a video file.")
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        rate = self._stream.average_rate or self._stream.guessed_rate or 25
        self.fps = float(min(max(rate, FPS_RANGE[0]), FPS_RANGE[1]))
        seconds = (self._container.duration or 0) / av.time_base
        self.frames = max(1, round(seconds * self.fps))

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(self, *error) -> None:
        self._container.close()

    def __iter__(self) -> Iterator[torch.Tensor]:
        shown, given, start = None, 0, None
        with _sentences(self.path, "Cannot read"):
            for frame in self._container.decode(self._stream):
                time = frame.time if frame.time is not None else given / self.fps
                start = time if start is None else start
                while shown is not None and given / self.fps < time - start - 0.5 / self.fps:
                    yield shown
                    given += 1
                if shown is None or given / self.fps < time - start + 0.5 / self.fps:
                    shown = _upright(frame)
            if shown is not None:
                yield shown


def _upright(frame: av.VideoFrame) -> torch.Tensor:
    pixels = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
    return torch.from_numpy(np.ascontiguousarray(pixels)).to(torch.float32) / 255.0


@contextmanager
def _sentences(path: Path, failed: str = "Cannot write") -> Iterator[None]:
    """Turn ffmpeg's errors into ours."""
    try:
        yield
    except av.FFmpegError as error:
        raise AUHeadError(f"{failed} {path} as a video ({error.strerror}); check the file and its place.") from error
