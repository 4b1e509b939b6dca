"""The workflows of the template browser. A file's name is its title there."""

from graph import Graph, Node

MODELS = {
    "checkpoint": {
        "name": "v1-5-pruned-emaonly-fp16.safetensors",
        "url": "https://huggingface.co/Comfy-Org/stable-diffusion-v1-5-archive/resolve/main/"
        "v1-5-pruned-emaonly-fp16.safetensors",
        "directory": "checkpoints",
    },
    "controlnet": {
        "name": "control_v11p_sd15_openpose_fp16.safetensors",
        "url": "https://huggingface.co/comfyanonymous/ControlNet-v1-1_fp16_safetensors/resolve/main/"
        "control_v11p_sd15_openpose_fp16.safetensors",
        "directory": "controlnet",
    },
}
GREEN, BLUE, PURPLE, YELLOW = "#88AA88", "#3f789e", "#a1309b", "#b58b2a"  # groups: what goes in, ours, out, core's
EMOTIONS = ("angry", "contempt", "disgusted", "fear", "happy", "neutral", "sad", "surprised")


def quick_start(schemas) -> Graph:
    graph = Graph("1 Quick start", schemas)
    graph.note(
        "## Quick start\n\nPress **Run**: the portrait speaks. No graphics card and no download are needed.\n\n"
        "Then try another *emotion* and *level* in Speech → Expression.",
        (0, 0),
        (320, 170),
    )
    example = graph.add("AUHeadExample", (0, 350), (320, 120))
    face = graph.add("AUHeadFace", (400, 0), (310, 280), image=example["image"])
    speech = _speech(graph, (400, 350), example["audio"], emotion="happy", level="2")
    warp = graph.add("AUHeadWarp", (790, 0), (300, 130), face=face["face"], au=speech["au"])
    video = _create(graph, (1130, 350), warp["frames"], warp["fps"], example["audio"])
    save = _save(graph, (1440, 0), video, "quick start")
    graph.group("Portrait and speech", example, colour=GREEN)
    graph.group("Face and performance", face, speech, colour=BLUE)
    graph.group("Video", warp, video, save, colour=PURPLE)
    return graph


def own_portrait(schemas) -> Graph:
    graph = Graph("2 My portrait and voice", schemas)
    graph.note(
        "## My portrait and voice\n\nIt runs with the example. For your own: choose files in **Load Image** and "
        "**Load Audio**, select both and press **Ctrl+B** to turn them on, then connect them in place of AUHead "
        "Example (two links each).\n\n**Paste Back** puts the speaking face into the whole picture. Only animate "
        "people who agreed to it.",
        (0, 0),
        (340, 250),
    )
    example = graph.add("AUHeadExample", (0, 350), (340, 120))
    image = graph.add("LoadImage", (0, 540), (340, 330), bypassed=True, title="Load Image (yours)", image="")
    audio = graph.add("LoadAudio", (0, 940), (340, 160), bypassed=True, title="Load Audio (yours)", audio="")
    face = graph.add("AUHeadFace", (420, 0), (310, 280), image=example["image"])
    speech = _speech(graph, (420, 350), example["audio"], emotion="sad", level="2")
    warp = graph.add("AUHeadWarp", (810, 0), (300, 130), face=face["face"], au=speech["au"])
    paste = graph.add(
        "AUHeadPasteBack", (1150, 350), (280, 170), image=example["image"], frames=warp["frames"], face=face["face"]
    )
    video = _create(graph, (1470, 350), paste["frames"], warp["fps"], example["audio"])
    save = _save(graph, (1780, 0), video, "my portrait")
    graph.group("Portrait and speech", example, image, audio, colour=GREEN)
    graph.group("Face and performance", face, speech, colour=BLUE)
    graph.group("Video", warp, paste, video, save, colour=PURPLE)
    return graph


def eight_emotions(schemas) -> Graph:
    graph = Graph("3 Eight emotions, one voice", schemas)
    graph.note(
        "## Eight emotions, one voice\n\nThe same portrait says the same sentence eight times. The groups stand as the "
        "faces stand in the video; change *level* or *expression* in any of them.",
        (0, 0),
        (320, 150),
    )
    example = graph.add("AUHeadExample", (0, 274), (320, 120))
    face = graph.add("AUHeadFace", (0, 480), (320, 280), image=example["image"], size=256, crop_scale=1.6)
    graph.group("Portrait and speech", example, face, colour=GREEN)

    warps = []
    for index, emotion in enumerate(EMOTIONS):
        row, column = divmod(index, 4)
        x, y = 400 + 370 * column, 710 * row
        speech = _speech(graph, (x, y), example["audio"], emotion=emotion, level="3")
        warps.append(graph.add("AUHeadWarp", (x, y + 480), (310, 130), face=face["face"], au=speech["au"]))
        graph.group(emotion.capitalize(), speech, warps[-1], colour=BLUE)

    rows = []
    for row in range(2):
        picture, stitches = warps[4 * row]["frames"], []
        for column in range(1, 4):
            at = (1580 + 300 * column, 710 * row + 480)
            stitches.append(_stitch(graph, at, picture, warps[4 * row + column]["frames"], "right"))
            picture = stitches[-1]["IMAGE"]
        graph.group(("Upper row", "Lower row")[row], *stitches, colour=YELLOW)
        rows.append(picture)
    stitch = _stitch(graph, (2820, 480), *rows, "down")
    video = _create(graph, (3120, 0), stitch["IMAGE"], warps[3]["fps"], example["audio"])
    save = _save(graph, (3430, 0), video, "eight emotions", (640, 480))
    graph.group("Video", stitch, video, save, colour=PURPLE)
    return graph


def from_video(schemas) -> Graph:
    graph = Graph("4 Performance from a video", schemas)
    graph.note(
        "## Performance from a video\n\nThe expressions of one face move another. So that it runs at once, the video "
        "is made here; for your own, choose it in **Load Video**, press **Ctrl+B** to turn it on and connect it to Get "
        "Video Components in place of Create Video. Set *neutral* to auto if it does not begin with a calm face.",
        (0, 0),
        (320, 220),
    )
    example = graph.add("AUHeadExample", (0, 350), (320, 120), title="First portrait")
    first = graph.add("AUHeadFace", (400, 0), (310, 280), image=example["image"])
    speech = _speech(graph, (400, 350), example["audio"], emotion="happy", level="3")
    warp = graph.add("AUHeadWarp", (750, 0), (300, 130), face=first["face"], au=speech["au"])
    video = _create(graph, (1090, 350), warp["frames"], warp["fps"], example["audio"])
    graph.group("Portrait and speech", example, colour=GREEN)
    load = graph.add("LoadVideo", (1090, 560), (270, 190), bypassed=True, title="Load Video (yours)", file="")
    graph.group("A video, made here or loaded", first, speech, warp, video, load, colour=BLUE)
    other = graph.add("AUHeadExample", (1440, 350), (320, 120), title="Second portrait", sample="rendered head")

    parts = graph.add("GetVideoComponents", (1440, 0), (260, 140), video=video["VIDEO"])
    read = graph.add(
        "AUHeadVideoToAU", (1780, 0), (300, 150), frames=parts["images"], fps=parts["fps"], neutral="first frame"
    )
    second = graph.add("AUHeadFace", (1780, 350), (300, 280), image=other["image"])
    graph.group("Read the performance", parts, read, colour=BLUE)
    graph.group("Another face", other, second, colour=GREEN)
    drawn = graph.add("AUHeadWarp", (2160, 0), (300, 130), face=second["face"], au=read["au"])
    result = _create(graph, (2500, 0), drawn["frames"], drawn["fps"], parts["audio"])
    save = _save(graph, (2810, 0), result, "performance from a video")
    graph.group("Video", drawn, result, save, colour=PURPLE)
    return graph


def controlnet(schemas) -> Graph:
    graph = Graph("5 FaceMaps for ControlNet", schemas)
    graph.note(
        "## FaceMaps for ControlNet\n\nThe performance as drawings that a ControlNet for faces follows. Their video "
        "needs no model. For the painted one, choose any Stable Diffusion 1.5 checkpoint and an OpenPose ControlNet; "
        "the *style* must be the one that the ControlNet knows.",
        (0, 0),
        (320, 220),
    )
    example = graph.add("AUHeadExample", (0, 350), (320, 120))
    face = graph.add("AUHeadFace", (400, 0), (310, 280), image=example["image"])
    speech = _speech(graph, (400, 350), example["audio"], emotion="surprised", level="2")
    maps = graph.add("AUHeadFaceMap", (790, 0), (300, 150), face=face["face"], au=speech["au"], style="openpose")
    video = _create(graph, (1130, 350), maps["facemap"], 25.0, example["audio"])
    saved = _save(graph, (1440, 0), video, "facemaps", (380, 500))
    graph.group("Portrait and speech", example, colour=GREEN)
    graph.group("Face and performance", face, speech, colour=BLUE)
    graph.group("FaceMaps", maps, video, saved, colour=PURPLE)
    _painted(graph, face, maps, top=660)
    return graph


def _painted(graph: Graph, face: Node, maps: Node, top: int) -> None:
    """The first FaceMaps painted by Stable Diffusion, with core nodes only."""
    checkpoint, controlnet = MODELS["checkpoint"], MODELS["controlnet"]
    loader = graph.add(
        "CheckpointLoaderSimple", (790, top), (300, 130), models=[checkpoint], ckpt_name=checkpoint["name"]
    )
    net = graph.add(
        "ControlNetLoader", (790, top + 200), (300, 90), models=[controlnet], control_net_name=controlnet["name"]
    )
    positive = graph.add(
        "CLIPTextEncode", (1130, top), (300, 130), title="What to paint", clip=loader["CLIP"],
        text="oil painting of a woman in naval uniform, detailed face",
    )  # fmt: skip
    negative = graph.add(
        "CLIPTextEncode", (1130, top + 200), (300, 110), title="What to avoid", clip=loader["CLIP"],
        text="blurry, deformed",
    )  # fmt: skip
    start = graph.add("VAEEncode", (1130, top + 380), (300, 70), pixels=face["crop"], vae=loader["VAE"])
    some = graph.add(
        "ImageFromBatch", (1130, top + 520), (300, 110), title="First 16 FaceMaps", image=maps["facemap"], length=16
    )
    guided = graph.add(
        "ControlNetApplyAdvanced", (1470, top), (300, 220), positive=positive["CONDITIONING"],
        negative=negative["CONDITIONING"], control_net=net["CONTROL_NET"], image=some["IMAGE"],
    )  # fmt: skip
    latents = graph.add("RepeatLatentBatch", (1470, top + 380), (300, 90), samples=start["LATENT"], amount=16)
    sampler = graph.add(
        "KSampler", (1810, top), (300, 310), model=loader["MODEL"], positive=guided["positive"],
        negative=guided["negative"], latent_image=latents["LATENT"], cfg=7.0, denoise=0.6,
    )  # fmt: skip
    pictures = graph.add("VAEDecode", (1810, top + 380), (300, 70), samples=sampler["LATENT"], vae=loader["VAE"])
    video = _create(graph, (2150, top + 380), pictures["IMAGE"], 25.0)
    save = _save(graph, (2460, top), video, "painted")
    nodes = (some, loader, net, positive, negative, start, guided, latents, sampler, pictures, video, save)
    graph.group("Painted by any Stable Diffusion 1.5 model", *nodes, colour=YELLOW)


TEMPLATES = (quick_start, own_portrait, eight_emotions, from_video, controlnet)


def _speech(graph: Graph, at, audio, **values) -> Node:
    return graph.add("AUHeadAudioToAU", at, (310, 400), audio=audio, **values)


def _stitch(graph: Graph, at, first, second, direction: str) -> Node:
    return graph.add(
        "ImageStitch", at, (260, 170), image1=first, image2=second, direction=direction, match_image_size=False
    )


def _create(graph: Graph, at, frames, fps, audio=None) -> Node:
    sound = {} if audio is None else {"audio": audio}
    return graph.add("CreateVideo", at, (270, 130), images=frames, fps=fps, **sound)


def _save(graph: Graph, at, video: Node, name: str, size=(420, 560)) -> Node:
    return graph.add("SaveVideo", at, size, video=video["VIDEO"], filename_prefix=f"AUHead/{name}")
