"""What each command does: look at the files first, then work, then write whole files or nothing."""

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from tqdm import tqdm

from .au import FPS, AUSequence, Span, formats
from .contact_sheet import ContactSheet
from .errors import AUHeadError
from .face.face import DEFAULT_SIZE, Face, find_face
from .files import check_input, check_output, check_output_folder, made_folder, whole_file
from .image import load_image, save_png
from .pipeline import choose_device, draw, draw_facemaps
from .pipeline import video_to_au as read_performance
from .speech import Audio, SpeechOptions, load_audio, speech_to_au
from .speech.options import STRENGTHS
from .video import VideoReader, VideoWriter, check_container

ASSETS = Path(__file__).parent / "assets"
DEMO_EMOTIONS = (Span(0.0, 2.4, "neutral", 2), Span(2.4, 6.0, "happy", 2))


def animate(given: Namespace) -> None:
    if given.speech is None and given.au is None:
        raise AUHeadError("There is nothing to say; give a speech recording, or an AU file with --au.")
    if given.au is not None and (unused := _given_speech_options(given)):
        options = ", ".join(f"--{name.replace('_', '-')}" for name in unused)
        raise AUHeadError(f"--au performs the file {given.au} as it is, without {options}; leave out one or the other.")
    check_container(check_output(given.output, given.portrait, given.speech, given.au))
    device = choose_device(given.device)
    portrait = _portrait(given.portrait)
    audio = load_audio(given.speech) if given.speech is not None else None
    performance = _performance(given, audio)
    face = _face(portrait, given)
    if given.paste_back and given.size is None:
        face = face.in_picture(given.max_side)
    clip = draw(
        face,
        performance.resample(given.fps),
        given.renderer,
        whole_picture=given.paste_back,
        max_side=given.max_side,
        device=device,
    )
    with VideoWriter(given.output, clip.fps, clip.width, clip.height, audio) as video:
        for frame in _progress(clip.frames, clip.count, "frames"):
            video.write(frame)
    print(given.output)


def facemap(given: Namespace) -> None:
    check_input(given.au, "AU file")
    folder = not given.output.suffix
    if folder:
        check_output_folder(given.output)
    else:
        check_container(check_output(given.output, given.portrait, given.au))
    device = choose_device(given.device)
    portrait = _portrait(given.portrait)
    performance = formats.load(given.au).resample(FPS)
    clip = draw_facemaps(_face(portrait, given), performance, given.style, device=device)
    frames = _progress(clip.frames, clip.count, "frames")
    if folder:
        _write_pictures(frames, given.output)
    else:
        with VideoWriter(given.output, clip.fps, clip.width, clip.height) as video:
            for frame in frames:
                video.write(frame)
    print(given.output)


def audio_to_au(given: Namespace) -> None:
    _check_au_output(given.output, given.format, given.speech, given.emotion_script)
    _save(_performed(load_audio(given.speech), given), given.output, given.format)


def video_to_au(given: Namespace) -> None:
    _check_au_output(given.output, given.format, given.video)
    with VideoReader(given.video) as video:
        frames = _progress(video, video.frames, "frames")
        performance = read_performance(frames, video.fps, given.neutral, choose_device(given.device))
    _save(performance, given.output, given.format)


def convert(given: Namespace) -> None:
    _check_au_output(given.output, given.format, given.input)
    performance = formats.load(check_input(given.input, "AU file"), neutral=given.neutral)
    _save(performance.resample(given.fps) if given.fps else performance, given.output, given.format)


def demo(given: Namespace) -> None:
    folder = check_output_folder(given.output)
    device = choose_device(given.device)
    for sample in ("portrait.png", "speech.wav"):
        if not (ASSETS / sample).is_file():
            raise AUHeadError(f"The sample {sample} is missing from {ASSETS}: install AUHead again.")
    talking, sheet_path = folder / "talking.mp4", folder / "contact_sheet.png"
    audio = load_audio(ASSETS / "speech.wav")
    face = find_face(_portrait(ASSETS / "portrait.png"))
    clip = draw(face, speech_to_au(audio, SpeechOptions(spans=DEMO_EMOTIONS), 0), device=device)
    sheet = ContactSheet(face, clip.count, clip.fps)
    with VideoWriter(talking, clip.fps, clip.width, clip.height, audio) as video:
        for frame in sheet.watch(_progress(clip.frames, clip.count, "frames")):
            video.write(frame)
    with whole_file(sheet_path) as partial:
        sheet.draw().save(partial)
    print(f"The bundled portrait speaks in {talking} ({clip.count} frames, {clip.fps:g} fps); stills: {sheet_path}")


def _portrait(path: Path) -> torch.Tensor:
    """A picture [H, W, 3]; where it is transparent, white shows, because videos have no alpha."""
    image, alpha = load_image(path)
    return image if alpha is None else image * alpha[..., None] + (1 - alpha[..., None])


def _face(portrait: torch.Tensor, given: Namespace) -> Face:
    return find_face(
        portrait,
        face_index=given.face_index,
        size=given.size or DEFAULT_SIZE,
        threshold=given.threshold,
        relax=given.relax,
    )


def _performance(given: Namespace, audio: Audio | None) -> AUSequence:
    if given.au is not None:
        return formats.load(check_input(given.au, "AU file"))
    return _performed(audio, given)


def _performed(audio: Audio, given: Namespace) -> AUSequence:
    """What the speech asks for, under the options that were given."""
    options = _given_speech_options(given)
    seed = options.pop("seed", 0)
    if script := options.pop("emotion_script", None):
        options["spans"] = formats.load_emotion_script(check_input(script, "emotion script"))
    return speech_to_au(audio, SpeechOptions(**options), seed)


def _given_speech_options(given: Namespace) -> dict[str, object]:
    names = ("emotion", "level", "emotion_script", *STRENGTHS, "seed")
    return {name: getattr(given, name) for name in names if getattr(given, name) is not None}


def _check_au_output(path: Path, format: str | None, *inputs: Path | None) -> None:
    check_output(path, *inputs)
    writable = sorted({ending for known in formats.FORMATS.values() if known.write for ending in known.suffixes})
    if format is None and path.suffix.lower() not in writable:
        raise AUHeadError(f"Cannot tell the AU format from the name {path}; end it in {', '.join(writable)}.")


def _save(performance: AUSequence, path: Path, format: str | None) -> None:
    print(formats.save(performance, path, format))


def _write_pictures(frames: Iterable[torch.Tensor], folder: Path) -> None:
    """00000.png, 00001.png, … in a folder; when that fails half-way, none of them stays."""
    written: list[Path] = []
    with made_folder(folder):
        try:
            for index, frame in enumerate(frames):
                with whole_file(folder / f"{index:05d}.png") as partial:
                    save_png(frame, partial)
                written.append(folder / f"{index:05d}.png")
        except BaseException:
            for path in written:
                path.unlink()
            raise


def _progress(frames: Iterable[torch.Tensor], count: int, unit: str) -> Iterator[torch.Tensor]:
    """A bar on stderr while a person watches."""
    return iter(tqdm(frames, total=count, unit=f" {unit}", file=sys.stderr, disable=None, leave=False))
