"""Makes the pictures of the help pages, web/docs/images/*.jpg, docs/strength.jpg and docs/au_guidance.jpg.

python tools/help_pictures.py [NAME …]     # names without .jpg; all of them otherwise

Everything comes from real runs with the bundled portraits and speech, so nobody alive is shown. Takes about a minute.
Run it again when the weights of the bundled diffusion model change.
"""

import csv
import sys
import tempfile
from functools import cache
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from help_drawing import NARROW, Graph, arrow, columns, curves, grid, text_file  # noqa: E402

from auhead_models.au import AUSequence, formats  # noqa: E402
from auhead_models.au.edits import apply_edits, parse_edits  # noqa: E402
from auhead_models.au.emotions import EMOTIONS  # noqa: E402
from auhead_models.au.presets import preset  # noqa: E402
from auhead_models.diffusion import catalogue  # noqa: E402
from auhead_models.diffusion.refined_warp import RefinedWarpRenderer  # noqa: E402
from auhead_models.face.crop import paste_back, transform_points  # noqa: E402
from auhead_models.face.face import Face, find_face  # noqa: E402
from auhead_models.face.facemap import STYLES  # noqa: E402
from auhead_models.face.warp import WarpRenderer  # noqa: E402
from auhead_models.image import load_image, to_bytes  # noqa: E402
from auhead_models.pipeline import draw_facemaps, video_to_au  # noqa: E402
from auhead_models.speech import SpeechOptions, load_audio, speech_to_au  # noqa: E402
from auhead_models.threads import half_the_threads  # noqa: E402

ASSETS = ROOT / "auhead_models" / "assets"
PAGES = ROOT / "web" / "docs" / "images"
LARGEST = 80 * 1024  # bytes of one picture
CALM = 2.36  # seconds: between two words of the bundled speech, the lips nearly at rest
SPOKEN = 1.2  # seconds: the mouth open in a word
SHOWN = "happy"  # the emotion of strength.jpg
CURVES = {  # shown of a performance
    "jaw_open": "jaw",
    "lip_corner_raise_left": "lip corner",
    "eye_closure_left": "eyelid",
}
MOMENTS = (0.72, 2.04, 4.8)  # seconds of the bundled speech, the mouth in three shapes


def picture(name: str) -> torch.Tensor:
    return load_image(ASSETS / name)[0]


def portrait(name: str = "portrait.png", size: int = 384) -> Face:
    return find_face(picture(name), size=size)


def performance(**options) -> AUSequence:
    return speech_to_au(load_audio(ASSETS / "speech.wav"), SpeechOptions(**options), seed=1)


def diffusion(face: Face, au_guidance: float = 1.0) -> RefinedWarpRenderer:
    """AU Diffusion Sampler with the bundled model."""
    model = catalogue.open_model(catalogue.BUNDLED, {})
    return catalogue.make_renderer(model, face, catalogue.make_settings(model, au_scale=au_guidance, seed=1))


def frame(renderer: WarpRenderer | RefinedWarpRenderer, sequence: AUSequence, seconds: float) -> torch.Tensor:
    """The frame at a time, [S, S, 3]."""
    return next(renderer.render(sequence.slice(seconds, seconds + 1 / sequence.fps)))[0]


def close_up(drawn: torch.Tensor, face: Face) -> torch.Tensor:
    """The part of a frame that holds the face, square."""
    points = face.landmarks[:, :2]
    low, high = points.amin(0), points.amax(0)
    half = int(0.58 * (high - low).max())
    x, y = ((low + high) / 2).int().tolist()
    return drawn[max(y - half, 0) : y + half, max(x - half, 0) : x + half]


def two_people() -> torch.Tensor:
    """Both bundled portraits in one picture, [512, 1024, 3]."""
    return torch.cat([picture("portrait.png"), picture("head.png")], 1)


def examples() -> Image.Image:
    names = {"portrait.png": "Grace Hopper (photograph)", "head.png": "rendered head"}
    names["head_2.png"] = "another rendered head"
    return grid([[(picture(file), name) for file, name in names.items()]])


def face() -> Image.Image:
    """A picture of two people with the squares of both, and the crop and mask of the second."""
    whole = two_people()
    found = find_face(whole, 1, "left-right", crop_scale=1.8, size=512)
    marked = Image.fromarray(to_bytes(whole))
    pen, font = ImageDraw.Draw(marked), ImageFont.load_default(size=40)
    for index, one in enumerate((find_face(whole, 0, "left-right", crop_scale=1.8, size=512), found)):
        left, top = one.crop_matrix[:, 2].tolist()
        side = one.size * float(one.crop_matrix[0, 0])
        pen.rectangle((left + 3, top + 3, left + side - 4, top + side - 4), outline=(90, 220, 140), width=4)
        pen.text((left + 16, top + 10), str(index), (90, 220, 140), font)
        for x, y in transform_points(one.landmarks[:468, :2], one.crop_matrix).tolist():
            pen.ellipse((x - 1, y - 1, x + 1, y + 1), fill=(255, 255, 255))
    shown = torch.frombuffer(bytearray(marked.tobytes()), dtype=torch.uint8).view(*whole.shape).float() / 255
    mask = found.mask[..., None].expand(-1, -1, 3)
    return grid([[(shown, "image, faces counted left-right")], [(found.crop, "crop of face 1"), (mask, "its mask")]])


def emotions() -> Image.Image:
    found = portrait(size=512)
    renderer = WarpRenderer(found)
    acts = {emotion: performance(emotion=emotion, level=3) for emotion in EMOTIONS}
    cells = [(close_up(frame(renderer, act, CALM), found), emotion) for emotion, act in acts.items()]
    return grid(columns(cells, 2))


def editor() -> Image.Image:
    """The same second of a performance before and after an edit."""
    renderer = WarpRenderer(portrait("head.png"))
    before = performance(emotion="neutral")
    edits = '{"version": 1, "presets": [{"name": "wink_left", "start": 2, "seconds": 1, "level": 3}], "keys": {"yaw": '
    after = apply_edits(before, parse_edits(edits + "[[1.9, 0], [2.3, 0.2], [2.7, 0.2], [3.1, 0]]}}"))
    times = [2.0, 2.36, 2.72]
    labels = [("", "as performed", ""), ("", "with a wink and a turn of the head", "")]
    return grid(
        [(frame(renderer, act, time), text) for time, text in zip(times, row)]
        for act, row in zip((before, after), labels)
    )


def facemaps() -> Image.Image:
    found, act = portrait(), preset("surprised", 3, 1.0, fade_in=0, fade_out=0)
    cells = [(found.crop, "the portrait"), (frame(WarpRenderer(found), act, 0.5), "the performance")]
    for style in STYLES:
        clip = draw_facemaps(found, act.slice(0.5, 0.54), style, 384)
        cells.append((next(clip.frames), style))
    return grid(columns(cells, 2))


def warp() -> Image.Image:
    renderer, act = WarpRenderer(portrait()), performance(emotion="happy", level=2)
    times = [0.2, 0.72, 1.2, 1.72, 2.44, 4.8]
    return grid(columns([(frame(renderer, act, time), f"{time:.2f} s") for time in times], 2))


def pasted() -> Image.Image:
    whole = two_people()
    found = find_face(whole, 0, "left-right", crop_scale=1.8, size=512)
    drawn = frame(WarpRenderer(found), performance(emotion="happy", level=3), 1.2)
    result = next(paste_back(whole, drawn[None], found.crop_matrix, found.mask))
    return grid([[(whole, "image")], [(result, "a frame pasted back")]])


def retargeted() -> Image.Image:
    """One face's performance, read from its frames, on another face."""
    act = preset("happy", 3, 0.4, fade_in=0.2, fade_out=0)
    act = act.concat(preset("disgusted", 3, 0.4, fade_in=0.2, fade_out=0))
    act = act.concat(preset("raised_brow", 3, 0.4, fade_in=0.2, fade_out=0))
    source = [drawn for drawn, _ in WarpRenderer(portrait("head.png")).render(AUSequence.zeros(5).concat(act))]
    read = video_to_au(source, 25, "first frame")
    target = WarpRenderer(portrait())
    return grid(
        [
            (source[round(time * 25)], "the video" if last else ""),
            (frame(target, read, time), "on another face" if last else ""),
        ]
        for time, last in ((0.52, False), (0.92, False), (1.32, True))
    )


def presets() -> Image.Image:
    renderer = WarpRenderer(portrait("head.png"))
    names = ("smile", "smirk", "frown", "raised_brow", "kiss", "puffed_cheeks", "wink_left", "think")
    cells = [(frame(renderer, preset(name, 3, 1.0, fade_in=0, fade_out=0), 0.5), name) for name in names]
    return grid(columns(cells, 2))


def mixed() -> Image.Image:
    found, time = portrait("head.png", 512), 1.2
    renderer = WarpRenderer(found)
    speech = performance(emotion="neutral")
    angry = preset("angry", 3, speech.seconds, fade_in=0, fade_out=0)
    upper = speech.mix(angry, 1.0, ("eyes", "brows", "gaze"), "add")
    cells = [(speech, "a: speech"), (angry, "b: angry"), (speech.mix(angry, 1.0, None, "add"), "added, all")]
    cells = [*cells, (upper, "added, upper face")]
    return grid(columns([(close_up(frame(renderer, act, time), found), text) for act, text in cells], 2))


def written(act: AUSequence, name: str, kind: str, wanted: tuple[str, ...], rows: int) -> list[list[str]]:
    """The head and the first rows of a performance written as CSV: the wanted columns and the dots between them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        formats.save(act, path, kind)
        table = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    cells = [[row[column] if column in row else "…" for column in wanted] for row in table[:rows]]
    return [list(wanted), *([cell if not _long(cell) else f"{float(cell):.3f}" for cell in row] for row in cells)]


def _long(cell: str) -> bool:
    return cell.replace(".", "").isdigit() and len(cell) > 6


def saved() -> Image.Image:
    """A performance, and two of the files that Save AU makes of it."""
    act = performance(emotion="happy", level=2)
    table = written(act.slice(0.6), "act.csv", "csv", ("time", "jaw_open", "…", "emotion"), 4)
    lines = [['"format": "auhead-au", "version": 1,'], ['"fps": 25.0, "source": "speech",'], ['"columns": …']]
    return grid(
        [
            [(curves(act, CURVES), "")],
            [(arrow("Save AU"), "")],
            [(text_file("performance_00001.csv", table, (12, 96, 220, 272), 388, 202), "")],
            [(text_file("performance_00001.json", lines, (12,), 388, 142), "")],
        ],
        NARROW,
    )


def loaded() -> Image.Image:
    """A Live Link Face recording, and a face that performs it."""
    act = performance(emotion="happy", level=2)
    wanted = ("Timecode", "…", "JawOpen", "…")
    table = written(act.slice(0.6), "act.csv", "live_link", wanted, 4)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "act.csv"
        formats.save(act, path, "live_link")
        act = formats.load(path)
    renderer = WarpRenderer(portrait())
    return grid(
        [
            [(text_file("my_take.csv (Live Link Face)", table, (12, 184, 226, 340), 388, 202), "")],
            [(arrow("Load AU"), "")],
            [(curves(act, CURVES), "")],
            [(arrow("AU Warp Render"), "")],
            [(frame(renderer, act, time), f"{time:.2f} s") for time in MOMENTS],
        ],
        NARROW,
    )


def sampled() -> Image.Image:
    """What flows into AU Diffusion Sampler and out of it."""
    found, act = portrait(), performance(emotion="happy", level=2)
    renderer = diffusion(found)
    maps = [next(draw_facemaps(found, act.slice(time, time + 0.04), "aniportrait", 384).frames) for time in MOMENTS]
    return grid(
        [
            [(found.crop, "face"), (curves(act, CURVES, 302, 240), "au")],
            [(image, "facemap, drawn from au" if place == 1 else "") for place, image in enumerate(maps)],
            [(arrow("AU Diffusion Sampler", 548), "")],
            [(frame(renderer, act, time), "frames" if place == 1 else "") for place, time in enumerate(MOMENTS)],
        ]
    )


def chosen() -> Image.Image:
    """What Load AUHead is for, and the way that needs none of it."""
    found, act = portrait(), performance(emotion="happy", level=2)
    graph = Graph(388, 806)
    graph.text("With Load AUHead:", (2, 16))
    load = graph.node("Load AUHead", (8, 44), 130, [], ["model", "alm"])
    sampler = graph.node("AU Diffusion Sampler", (180, 44), 200, ["model", "face", "au"], ["frames"])
    graph.link(load["out", "model"], sampler["in", "model"])
    graph.down((282, 184), 30)
    graph.picture(frame(diffusion(found), act, MOMENTS[0]), (215, 220), (134, 134))
    speech = graph.node("Speech → Expression", (180, 376), 200, ["alm"], [])
    graph.link(load["out", "alm"], speech["in", "alm"])
    graph.text("hears the emotion:", (8, 396))
    graph.text("Without Load AUHead:", (2, 484))
    speech = graph.node("Speech → Expression", (8, 512), 200, ["audio"], ["au"])
    warp = graph.node("AU Warp Render", (228, 512), 152, ["face", "au"], ["frames"])
    graph.link(speech["out", "au"], warp["in", "au"])
    graph.down((304, 624), 36)
    graph.picture(frame(WarpRenderer(found), act, MOMENTS[0]), (237, 666), (134, 134))
    return grid([[(graph.image, "")]], NARROW)


@cache
def guided() -> list[tuple[torch.Tensor, str]]:
    """Both bundled portraits at AU guidance 0 to 3: expressions of level 1, which leave room for more."""
    cells = []
    for name, emotion in (("portrait.png", "happy"), ("head.png", "angry")):
        found, act = portrait(name), performance(emotion=emotion, level=1)
        for strength in range(4):
            drawn = frame(diffusion(found, strength), act, SPOKEN)
            cells.append((close_up(drawn, found), f"AU guidance {strength}"))
    return cells


def strength() -> Image.Image:
    """Levels 1 to 3 downwards, expression strength to the right."""
    found = portrait("head.png", 512)
    renderer = WarpRenderer(found)

    def cell(level: int, expression: float) -> tuple[torch.Tensor, str]:
        act = performance(emotion=SHOWN, level=level, expression=expression)
        return close_up(frame(renderer, act, CALM), found), f"level {level}, expression {expression:g}"

    return grid([[cell(level, expression) for expression in (0.5, 1.0, 1.5)] for level in (1, 2, 3)], 760)


PICTURES = {
    PAGES / "example.jpg": examples,
    PAGES / "face.jpg": face,
    PAGES / "emotions.jpg": emotions,
    PAGES / "editor.jpg": editor,
    PAGES / "facemap.jpg": facemaps,
    PAGES / "warp.jpg": warp,
    PAGES / "paste_back.jpg": pasted,
    PAGES / "video_to_au.jpg": retargeted,
    PAGES / "preset.jpg": presets,
    PAGES / "mix.jpg": mixed,
    PAGES / "save_au.jpg": saved,
    PAGES / "load_au.jpg": loaded,
    PAGES / "sampler.jpg": sampled,
    PAGES / "load.jpg": chosen,
    PAGES / "au_guidance.jpg": lambda: grid(columns(guided(), 2)),
    ROOT / "docs" / "strength.jpg": strength,
    ROOT / "docs" / "au_guidance.jpg": lambda: grid(columns(guided(), 4), 900),
}


def main() -> None:
    wanted = set(sys.argv[1:])
    if unknown := wanted - {path.stem for path in PICTURES}:
        sys.exit(f"there is no picture {', '.join(unknown)}")
    PAGES.mkdir(parents=True, exist_ok=True)
    with half_the_threads():
        for path, make in PICTURES.items():
            if not wanted or path.stem in wanted:
                save(make(), path)


def save(image: Image.Image, path: Path) -> None:
    """As good as fits into the limit: lower quality first, then fewer pixels."""
    while True:
        for quality in (90, 85, 80, 75, 70):
            image.save(path, quality=quality, optimize=True, progressive=True)
            if path.stat().st_size <= LARGEST:
                return
        image = image.resize((image.width * 9 // 10, image.height * 9 // 10), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
