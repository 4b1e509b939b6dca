"""What each command does: look at the files first, then work, then write whole files or nothing."""

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

import torch

from . import cli_speech as speech
from .au import FPS, AUSequence, Span, formats
from .cli_progress import bar, watched
from .contact_sheet import ContactSheet
from .diffusion.convert import NAMES, convert_weights
from .diffusion.weight_files import SUFFIXES
from .errors import AUHeadError
from .face.face import DEFAULT_SIZE, Face, find_face
from .files import check_input, check_output, check_output_folder, made_folder, whole_file
from .image import load_image, save_png
from .pipeline import Diffusion, choose_device, draw, draw_facemaps
from .pipeline import video_to_au as read_performance
from .speech import SpeechOptions, load_audio, speech_to_au
from .video import VideoReader, VideoWriter, check_container

LONGEST_SIDE = 1280  # of a whole picture, unless another one is asked for
ASSETS = Path(__file__).parent / "assets"
DIFFUSION_OPTIONS = tuple(name for name in Diffusion.__dataclass_fields__ if name != "seed")
DEMO_EMOTIONS = (Span(0.0, 2.4, "neutral", 2), Span(2.4, 6.0, "happy", 2))


def animate(given: Namespace) -> None:
    if given.speech is None and given.au is None:
        raise AUHeadError("There is nothing to say; give a speech recording, or an AU file with --au.")
    unused = speech.given_options(given) if given.au is not None else {}
    if given.renderer == "diffusion":
        unused.pop("seed", None)  # that of the noise
    if unused:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in unused)
        raise AUHeadError(f"--au performs the file {given.au} as it is, without {options}; leave out one or the other.")
    speech.check_options(given)
    diffusion = _diffusion(given)
    if given.max_side is not None and not given.paste_back:
        raise AUHeadError("--max-side is for the whole picture; give --paste-back, too, or leave it out.")
    check_container(check_output(given.output, given.portrait, given.speech, given.au))
    device = choose_device(given.device)
    portrait = _portrait(given.portrait, given.speech, "speech")
    audio = load_audio(given.speech) if given.speech is not None else None
    performance = speech.chosen(given, audio)
    face = _face(portrait, given)
    max_side = given.max_side or LONGEST_SIDE
    if given.paste_back and given.size is None:
        face = face.in_picture(max_side)
    with bar("frames" if given.renderer == "warp" else "steps") as show:
        clip = draw(
            face,
            performance.resample(given.fps),
            given.renderer,
            whole_picture=given.paste_back,
            max_side=max_side,
            device=device,
            diffusion=diffusion,
            audio=audio,
            progress=show,
        )
        with VideoWriter(given.output, clip.fps, clip.width, clip.height, audio) as video:
            for frame in clip.frames:
                video.write(frame)
    print(given.output)


def _diffusion(given: Namespace) -> Diffusion:
    """What the renderer "diffusion" is asked for; its options mean nothing to another one."""
    asked = {name: getattr(given, name) for name in DIFFUSION_OPTIONS if getattr(given, name) is not None}
    if given.renderer != "diffusion" and given.alm is not None:
        asked.pop("models", None)  # that of the audio-language model
    if asked and given.renderer != "diffusion":
        options = ", ".join(f"--{name.replace('_', '-')}" for name in asked)
        raise AUHeadError(f"The renderer {given.renderer} knows no {options}; give --renderer diffusion, too.")
    return Diffusion(**asked, seed=given.seed or 0)


def facemap(given: Namespace) -> None:
    check_input(given.au, "AU file")
    folder = not given.output.suffix
    if folder:
        _check_frame_folder(given.output)
    else:
        check_container(check_output(given.output, given.portrait, given.au))
    device = choose_device(given.device)
    portrait = _portrait(given.portrait, given.au, "AU file")
    performance = formats.load(given.au).resample(FPS)
    clip = draw_facemaps(_face(portrait, given), performance, given.style, device=device)
    frames = watched(clip.frames, clip.count, "frames")
    if folder:
        _write_pictures(frames, given.output)
    else:
        with VideoWriter(given.output, clip.fps, clip.width, clip.height) as video:
            for frame in frames:
                video.write(frame)
    print(given.output)


def audio_to_au(given: Namespace) -> None:
    speech.check_options(given)
    _check_au_output(given.output, given.format, given.speech, given.emotion_script)
    _save(speech.performed(load_audio(given.speech), given), given.output, given.format)


def video_to_au(given: Namespace) -> None:
    if _check_au_output(given.output, given.format, given.video).id == "emotion_text":
        raise AUHeadError(f"A video names no emotions to write into {given.output}; save the motion as .json or .csv.")
    with VideoReader(given.video) as video:
        frames = watched(video, video.frames, "frames")
        performance = read_performance(frames, video.fps, given.neutral, choose_device(given.device))
    _save(performance, given.output, given.format)


def convert(given: Namespace) -> None:
    if {given.input.suffix.lower(), given.output.suffix.lower()} & set(SUFFIXES):
        _convert_weights(given)
        return
    if given.to is not None:
        raise AUHeadError(f"--to names weights, and {given.input} is none; leave it out.")
    _check_au_output(given.output, given.format, given.input)
    performance = formats.load(check_input(given.input, "AU file"), neutral=given.neutral)
    _save(performance.resample(given.fps) if given.fps else performance, given.output, given.format)


def _convert_weights(given: Namespace) -> None:
    unused = [f"--{name}" for name in ("format", "neutral", "fps") if getattr(given, name) is not None]
    if unused:
        raise AUHeadError(f"{' and '.join(unused)} says nothing about weights; leave it out.")
    check_output(given.output, check_input(given.input, "model file"))
    kind = convert_weights(given.input, given.output, given.to or NAMES[0])
    print(f"{given.output}: {kind.title}")


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
        for frame in sheet.watch(watched(clip.frames, clip.count, "frames")):
            video.write(frame)
    with whole_file(sheet_path) as partial:
        sheet.draw().save(partial)
    print(f"The bundled portrait speaks in {talking} ({clip.count} frames, {clip.fps:g} fps); stills: {sheet_path}")


def _portrait(path: Path, other: Path | None = None, what: str = "") -> torch.Tensor:
    """A picture [H, W, 3]; where it is transparent, white shows, because videos have no alpha.

    When the `other` input is the picture instead, the error says so; `what` names what that one should be.
    """
    try:
        image, alpha = load_image(path)
    except AUHeadError as error:
        if other is not None and path.is_file() and _is_picture(other):
            swapped = f"{path} is no picture, but {other} is: did you swap the portrait and the {what}?"
            raise AUHeadError(swapped) from error
        raise
    return image if alpha is None else image * alpha[..., None] + (1 - alpha[..., None])


def _is_picture(path: Path) -> bool:
    try:
        load_image(path)
    except AUHeadError:
        return False
    return True


def _face(portrait: torch.Tensor, given: Namespace) -> Face:
    return find_face(
        portrait,
        face_index=given.face_index,
        size=given.size or DEFAULT_SIZE,
        threshold=given.threshold,
        relax=given.relax,
    )


def _check_au_output(path: Path, format: str | None, *inputs: Path | None) -> formats.Format:
    check_output(path, *inputs)
    return formats.format_to_write(path, format)


def _check_frame_folder(folder: Path) -> None:
    """Frames of two performances would mix."""
    check_output_folder(folder)
    if folder.is_dir() and (old := sorted(folder.glob(f"{'[0-9]' * 5}.png"))):
        what = f"{folder} already holds numbered pictures ({old[0].name} ...)"
        raise AUHeadError(f"{what}; empty it or give the name of another folder.")


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
