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
        "Then try another *emotion* and *level* in **Speech → Expression**.\n\n"
        "Next: template **2 My portrait and voice**, for your own picture and recording.",
        (0, 0),
        (320, 153),
    )
    example, face, speech = portrait_and_speech(graph, emotion="happy", level="2")
    warp = graph.add("AUHeadWarp", (790, 0), (300, 130), face=face["face"], au=speech["au"])
    video = create_video(graph, (1170, 0), warp["frames"], warp["fps"], example["audio"])
    graph.route(video, "audio", (1130, 334))
    save = save_video(graph, (1520, 0), video, "quick start")
    graph.group("Video", warp, video, save, colour=PURPLE)
    return graph


def own_portrait(schemas) -> Graph:
    graph = Graph("2 My portrait and voice", schemas)
    graph.note(
        "## My portrait and voice\n\nPress **Run**: it begins with the example. For your own picture and recording:\n\n"
        "**Step 1.** Choose your files in **Load Image** and **Load Audio** below.\n\n"
        "**Step 2.** Drag from *IMAGE* to *image* of **Face from Portrait**, and to *image* of **Paste Back**.\n\n"
        "**Step 3.** Drag from *AUDIO* to *audio* of **Speech → Expression**, and to *audio* of **Create Video**.\n\n"
        "A new link takes the place of the old one. **Paste Back** puts the speaking face into the whole picture. "
        "Only animate people who agreed to it.",
        (-420, 0),
        (740, 163),
    )
    image = graph.add("LoadImage", (-420, 300), (340, 330), title="Load Image (yours)", image="")
    audio = graph.add("LoadAudio", (-420, 700), (340, 140), title="Load Audio (yours)", audio="")
    example, face, speech = portrait_and_speech(graph, emotion="sad", level="2")
    warp = graph.add("AUHeadWarp", (830, 0), (300, 130), face=face["face"], au=speech["au"])
    paste = graph.add(
        "AUHeadPasteBack", (1210, 300), (280, 170), image=example["image"], frames=warp["frames"], face=face["face"]
    )
    graph.route(paste, "face", (735, 354))
    video = create_video(graph, (1570, 300), paste["frames"], warp["fps"], example["audio"])
    graph.route(video, "fps", (1545, 54))
    graph.route(video, "audio", (790, 384), (1190, 520), (1515, 520))
    save = save_video(graph, (1920, 300), video, "my portrait")
    graph.group("Yours", image, audio, colour=GREEN)
    graph.group("Video", warp, paste, video, save, colour=PURPLE)
    return graph


def eight_emotions(schemas) -> Graph:
    """Two rows of four faces, as in the video. Below each row its pictures are put side by side, one after another."""
    graph = Graph("3 Eight emotions, one voice", schemas)
    graph.note(
        "## Eight emotions, one voice\n\nThe same portrait says the same sentence eight times, in one video. The "
        "groups stand as the faces stand in it; change *level* or *expression* in any of them.",
        (-30, 0),
        (610, 95),
    )
    example = graph.add("AUHeadExample", (-30, 250), (270, 120))
    face = graph.add("AUHeadFace", (310, 440), (270, 280), image=example["image"], size=256, crop_scale=1.6)
    ends, sounds = [], []
    for row, top in enumerate((0, 830)):
        lanes = {"audio": top - 130, "face": top - 100}
        ways = {"audio": [(620, 284), (650, lanes["audio"])], "face": [(680, 454), (710, lanes["face"])]}
        picture = None
        for column in range(4):
            left, emotion = 780 + 690 * column, EMOTIONS[4 * row + column]
            speech = graph.add(
                "AUHeadAudioToAU", (left, top), (300, 380), audio=example["audio"], emotion=emotion, level="3"
            )
            warp = graph.add("AUHeadWarp", (left + 360, top), (250, 130), face=face["face"], au=speech["au"])
            graph.group(emotion.capitalize(), speech, warp, colour=BLUE)
            for target, name, place in ((speech, "audio", left - 45), (warp, "face", left + 320)):
                ways[name].append((place, lanes[name]))
                graph.route(target, name, *ways[name])
            if picture is None:
                picture = warp["frames"]
                continue
            stitch = stitched(graph, (left + 690, top + 490), warp["frames"], picture, "left")
            if column == 1:
                graph.route(stitch, "image2", (left - 35, top + 524))
            picture = stitch["IMAGE"]
        ends.append(picture)
        sounds.append(ways["audio"])
    whole = stitched(graph, (3860, 300), *ends, "down")
    graph.route(whole, "image2", (3820, 1260), (3820, 420))
    video = create_video(graph, (4200, 300), whole["IMAGE"], 25.0, example["audio"])
    graph.route(video, "audio", *sounds[0], (4080, -130))
    save = save_video(graph, (4550, 300), video, "eight emotions", (640, 480))
    graph.group("Portrait", example, face, colour=GREEN)
    graph.group("Video", whole, video, save, colour=PURPLE)
    return graph


def from_video(schemas) -> Graph:
    graph = Graph("4 Performance from a video", schemas)
    graph.note(
        "## Performance from a video\n\nThe expressions of one face move another. So that it runs at once, the video "
        "is made here.\n\nFor your own: choose it in **Load Video** (older ComfyUI says *undefined* until you do) and "
        "drag from *VIDEO* to *video* of **Get Video Components**. Set *neutral* to auto if it does not begin with a "
        "calm face.",
        (0, 0),
        (320, 160),
    )
    example, first, speech = portrait_and_speech(graph, emotion="happy", level="3")
    warp = graph.add("AUHeadWarp", (790, 0), (300, 130), face=first["face"], au=speech["au"])
    video = create_video(graph, (1170, 0), warp["frames"], warp["fps"], example["audio"])
    graph.route(video, "audio", (1130, 334))
    load = graph.add("LoadVideo", (1170, 350), (270, 310), title="Load Video (yours)", file="")
    graph.group("A video to read", warp, video, load, colour=PURPLE)

    parts = graph.add("GetVideoComponents", (1540, 0), (260, 140), video=video["VIDEO"])
    read = graph.add(
        "AUHeadVideoToAU", (1880, 0), (300, 150), frames=parts["images"], fps=parts["fps"], neutral="first frame"
    )
    graph.group("Read the performance", parts, read, colour=BLUE)
    other = graph.add("AUHeadExample", (1540, 350), (260, 120), title="Another portrait", sample="rendered head")
    second = graph.add("AUHeadFace", (1880, 350), (300, 280), image=other["image"])
    graph.group("Another face", other, second, colour=GREEN)
    drawn = graph.add("AUHeadWarp", (2280, 0), (300, 130), face=second["face"], au=read["au"])
    result = create_video(graph, (2660, 0), drawn["frames"], drawn["fps"], parts["audio"])
    graph.route(result, "audio", (1840, 220), (2620, 220))
    save = save_video(graph, (3010, 0), result, "performance from a video")
    graph.group("Video", drawn, result, save, colour=PURPLE)
    return graph


def controlnet(schemas) -> Graph:
    graph = Graph("5 FaceMaps for ControlNet", schemas)
    graph.note(
        "## FaceMaps for ControlNet\n\nPress **Run**: the performance becomes drawings that a ControlNet for faces "
        "follows. This needs no model.\n\nThe painted video needs two files, which the note beside it names. Without "
        "them ComfyUI reports errors, and makes the first video all the same.",
        (0, 0),
        (320, 155),
    )
    example, face, speech = portrait_and_speech(graph, emotion="surprised", level="2")
    maps = graph.add("AUHeadFaceMap", (830, 0), (300, 150), face=face["face"], au=speech["au"], style="openpose")
    video = create_video(graph, (1270, 0), maps["facemap"], 25.0, example["audio"])
    graph.route(video, "audio", (1235, 334))
    saved = save_video(graph, (1620, 0), video, "facemaps")
    graph.group("FaceMaps", maps, video, saved, colour=PURPLE)
    _painted(graph, face, maps, top=740)
    return graph


def _painted(graph: Graph, face: Node, maps: Node, top: int) -> None:
    """The first FaceMaps painted by Stable Diffusion, with core nodes only."""
    checkpoint, controlnet = MODELS["checkpoint"], MODELS["controlnet"]
    graph.note(
        f"## Two files to download\n\nThe **red boxes**, or ComfyUI's list of missing models, name what to download:"
        f"\n\n**{checkpoint['name']}** goes to the folder *models/{checkpoint['directory']}*"
        f"\n\n**{controlnet['name']}** goes to the folder *models/{controlnet['directory']}*\n\n"
        "Then press **R**, and **Run**. Others will do: choose any Stable Diffusion 1.5 checkpoint and ControlNet in "
        "the two loaders, and the *style* that the ControlNet knows in **AU → FaceMap**.",
        (400, top + 160),
        (310, 220),
    )
    loader = graph.add(
        "CheckpointLoaderSimple", (830, top), (300, 120), models=[checkpoint], ckpt_name=checkpoint["name"]
    )
    net = graph.add(
        "ControlNetLoader", (830, top + 400), (300, 80), models=[controlnet], control_net_name=controlnet["name"]
    )
    positive = graph.add(
        "CLIPTextEncode", (1270, top + 70), (300, 120), title="What to paint", clip=loader["CLIP"],
        text="oil painting of a woman in naval uniform, detailed face",
    )  # fmt: skip
    negative = graph.add(
        "CLIPTextEncode", (1270, top + 240), (300, 110), title="What to avoid", clip=loader["CLIP"],
        text="blurry, deformed",
    )  # fmt: skip
    some = graph.add(
        "ImageFromBatch", (1270, top + 480), (300, 100), title="First 16 FaceMaps", image=maps["facemap"], length=16
    )
    start = graph.add("VAEEncode", (1270, top + 700), (300, 70), pixels=face["crop"], vae=loader["VAE"])
    guided = graph.add(
        "ControlNetApplyAdvanced", (1650, top + 70), (300, 220), positive=positive["CONDITIONING"],
        negative=negative["CONDITIONING"], control_net=net["CONTROL_NET"], image=some["IMAGE"],
    )  # fmt: skip
    latents = graph.add("RepeatLatentBatch", (1650, top + 700), (300, 80), samples=start["LATENT"], amount=16)
    sampler = graph.add(
        "KSampler", (2030, top), (300, 310), model=loader["MODEL"], positive=guided["positive"],
        negative=guided["negative"], latent_image=latents["LATENT"], cfg=7.0, denoise=0.6,
    )  # fmt: skip
    pictures = graph.add("VAEDecode", (2440, top), (230, 70), samples=sampler["LATENT"], vae=loader["VAE"])
    video = create_video(graph, (2740, top), pictures["IMAGE"], 25.0)
    save = save_video(graph, (3090, top), video, "painted")
    graph.route(some, "image", (1190, 110), (1190, top + 400))
    graph.route(start, "pixels", (750, 110), (750, top + 714))
    shared = (1158, top + 120), (1158, top + 604)
    graph.route(start, "vae", *shared)
    graph.route(pictures, "vae", *shared, (2405, top + 604))
    graph.route(guided, "control_net", (1597, top + 414))
    nodes = (some, loader, net, positive, negative, start, guided, latents, sampler, pictures, video, save)
    graph.group("Painted video", *nodes, colour=YELLOW)


def au_guidance(schemas) -> Graph:
    """Three samplers, one below the other, with room for the pictures that they show while they draw."""
    graph = Graph("6 AU guidance", schemas)
    graph.note(
        "## AU guidance\n\nPress **Run**: one performance, drawn by a diffusion model three times. *au_guidance* 0 "
        "takes the expression away, 1 shows it as performed, 2 makes it stronger. In all three the face blinks, and "
        "the lips open and close with the speech.\n\nTry 3 in the last sampler: its wide smile covers how lips get "
        "round. With *brows* in *au_region* only they change.\n\nThe bundled model **tiny** needs no graphics card. "
        "The first 2.4 seconds of the speech keep the wait short.",
        (-390, 0),
        (710, 170),
    )
    example = graph.add("AUHeadExample", (-390, 330), (320, 120))
    sound = graph.add(
        "TrimAudioDuration", (0, 530), (320, 100), title="The first seconds", audio=example["audio"], duration=2.4
    )
    load = graph.add("AUHeadLoad", (400, 0), (310, 218))
    face = graph.add("AUHeadFace", (400, 320), (310, 280), image=example["image"], crop_scale=1.4, size=320)
    speech = graph.add("AUHeadAudioToAU", (400, 650), (310, 390), audio=sound["AUDIO"], emotion="happy", level="1")
    samplers = [
        graph.add(
            "AUHeadSampler", (890, top), (300, 700), model=load["model"], face=face["face"], au=speech["au"],
            au_guidance=strength,
        )
        for strength, top in ((0.0, 0), (1.0, 840), (2.0, 1680))
    ]  # fmt: skip
    two = stitched(graph, (1290, 420), samplers[0]["frames"], samplers[1]["frames"], "right")
    three = stitched(graph, (1610, 840), two["IMAGE"], samplers[2]["frames"], "right")
    video = create_video(graph, (1990, 840), three["IMAGE"], 25.0, sound["AUDIO"])
    graph.route(video, "audio", (360, 544), (360, -120), (1930, -120), (1930, 760))
    save = save_video(graph, (2340, 840), video, "au guidance", (640, 360))
    graph.group("Portrait and speech", example, sound, colour=GREEN)
    graph.group("Model", load, colour=BLUE)
    graph.group("Face and performance", face, speech, colour=BLUE)
    for sampler, meaning in zip(samplers, ("0: neutral", "1: as performed", "2: stronger")):
        graph.group(meaning, sampler, colour=BLUE)
    graph.group("Video", two, three, video, save, colour=PURPLE)
    return graph


def heard_emotion(schemas) -> Graph:
    """An audio-language model hears the speech; its performance becomes FaceMaps, and its thoughts are shown."""
    graph = Graph("7 Emotion heard by a model", schemas)
    graph.note(
        "## Emotion heard by a model\n\nPress **Run**: an audio-language model listens, names the emotion and then "
        "writes the Action Units, 5 times a second. The text at the right tells what it heard and when.\n\n"
        "The bundled model **tiny** knows synthetic voices only, so it stays neutral when it is unsure. For more, put "
        "*Qwen2-Audio-7B-Instruct* into *models/auhead* and choose it in **Load AUHead**, or fine-tune it with "
        "*auhead train alm*.\n\nA *temperature* of 1 gives another take with every seed.",
        (-420, 0),
        (740, 170),
    )
    load = graph.add("AUHeadLoad", (0, 560), (320, 218))
    example, face, speech = portrait_and_speech(graph, alm=load["alm"])
    maps = graph.add("AUHeadFaceMap", (830, 0), (300, 150), face=face["face"], au=speech["au"])
    video = create_video(graph, (1270, 0), maps["facemap"], 25.0, example["audio"])
    graph.route(video, "audio", (1235, 334))
    save = save_video(graph, (1620, 0), video, "heard emotion")
    words = graph.add("PreviewAny", (830, 640), (700, 220), title="What the model heard", source=speech["description"])
    graph.group("Model", load, colour=BLUE)
    graph.group("FaceMaps", maps, video, save, colour=PURPLE)
    graph.group("In words", words, colour=PURPLE)
    return graph


TEMPLATES = (quick_start, own_portrait, eight_emotions, from_video, controlnet, au_guidance, heard_emotion)


def portrait_and_speech(graph: Graph, **values) -> tuple[Node, Node, Node]:
    """How most of them begin. Between the face and the speech is room for a link, at the height of the sound."""
    example = graph.add("AUHeadExample", (0, 300), (320, 120))
    face = graph.add("AUHeadFace", (400, 0), (310, 280), image=example["image"])
    speech = graph.add("AUHeadAudioToAU", (400, 430), (310, 400), audio=example["audio"], **values)
    graph.group("Portrait and speech", example, colour=GREEN)
    graph.group("Face and performance", face, speech, colour=BLUE)
    return example, face, speech


def stitched(graph: Graph, at, first, second, direction: str) -> Node:
    return graph.add(
        "ImageStitch", at, (260, 170), image1=first, image2=second, direction=direction, match_image_size=False
    )


def create_video(graph: Graph, at, frames, fps, audio=None) -> Node:
    sound = {} if audio is None else {"audio": audio}
    return graph.add("CreateVideo", at, (270, 130), images=frames, fps=fps, **sound)


def save_video(graph: Graph, at, video: Node, name: str, size=(420, 520)) -> Node:
    return graph.add("SaveVideo", at, size, video=video["VIDEO"], filename_prefix=f"auhead/{name}")
