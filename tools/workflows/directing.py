"""The workflows of the template browser in which a performance is directed by hand, in AU Editor."""

from graph import Graph, Node
from templates import BLUE, GREEN, PURPLE, create_video, portrait_and_speech, save_video, stitched

EDITOR_SIZE = 800, 820
OTHERS = 980  # the height at which other portraits begin, below the editor
SMALL = 320  # pixels of a face beside others: three times 512 take gigabytes of memory
TURNING_BITTER = """{
  "version": 1,
  "spans": [
    {"start": 0.32, "end": 2.68, "emotion": "happy", "level": 2},
    {"start": 2.68, "emotion": "contempt", "level": 3}
  ],
  "keys": {
    "brow_raise_left": [[3.4, 0], [3.92, 0.6], [4.92, 0.5], [5.52, 0]],
    "yaw": [[2.4, 0], [3.12, 0.14], [4.6, 0.1], [5.6, 0]],
    "gaze_x": [[2.52, 0], [2.8, -0.35], [3.92, -0.3], [4.32, 0]]
  }
}
"""  # on frames: the smile goes as the sentence turns, one brow rises, the head turns away and the eyes stay


def direct_the_performance(schemas) -> Graph:
    graph = Graph("8 Direct the performance", schemas)
    graph.note(
        "## Direct the performance\n\nPress **Run** once, then play the line in **AU Editor** with the space bar: the "
        "sentence begins with a smile that turns bitter.\n\n**Drag an emotion block**, pull a mouth corner or a brow "
        "on **the face itself**, double-click a curve for a key. The face answers at once; **Run** makes the video.\n\n"
        "Press **?** in the editor for all gestures.",
        (0, 0),
        (320, 205),
    )
    example, face, speech = portrait_and_speech(graph, emotion="neutral", level="1")
    editor = _editor(graph, example, face, speech)
    left = 830 + EDITOR_SIZE[0] + 110
    warp = graph.add("AUHeadWarp", (left, 0), (280, 130), face=face["face"], au=editor["au"])
    graph.route(warp, "face", (775, -100), (left - 50, -100))
    video = create_video(graph, (left + 350, 0), warp["frames"], warp["fps"], example["audio"])
    graph.route(video, "audio", *_sound_above(left + 315))
    save = save_video(graph, (left, 250), video, "directed", (620, 520))
    graph.route(save, "video", *_back(left + 620, left, 180, 264))
    graph.group("Video", warp, video, save, colour=PURPLE)
    return graph


def three_faces(schemas) -> Graph:
    """What is said and how stands at the left; at the right three rows, one for each face."""
    graph = Graph("9 One performance, three faces", schemas)
    graph.note(
        "## One performance, three faces\n\nPress **Run**: three faces play the performance of **AU Editor**. Change "
        "it there, and all three change.\n\nFor a face of yours: **Load Image** in place of a **Portrait**.",
        (0, 0),
        (320, 150),
    )
    example, face, speech = portrait_and_speech(graph, emotion="neutral", level="1")
    face.values["size"] = SMALL
    editor = _editor(graph, example, face, speech)
    left = 830 + EDITOR_SIZE[0] + 110
    faces = [face]
    for sample, at in (("rendered head", 310), ("another rendered head", 1010)):
        other = graph.add("AUHeadExample", (at, OTHERS), (270, 120), title="Portrait", sample=sample)
        faces.append(graph.add("AUHeadFace", (at + 330, OTHERS), (300, 280), image=other["image"], size=SMALL))
        graph.group("Another face", other, faces[-1], colour=GREEN)
    warps = []
    for one, top in zip(faces, (0, 210, 420)):
        warps.append(graph.add("AUHeadWarp", (left, top), (280, 130), face=one["face"], au=editor["au"]))
        if top:
            graph.route(warps[-1], "au", (left - 35, 24), (left - 35, top + 24))
    graph.route(warps[0], "face", (775, -100), (left - 50, -100))
    graph.route(warps[1], "face", (975, OTHERS + 14), (975, 880), (left - 70, 880), (left - 70, 224))
    two = stitched(graph, (left + 360, 0), warps[0]["frames"], warps[1]["frames"], "right")
    three = stitched(graph, (left + 680, 0), two["IMAGE"], warps[2]["frames"], "right")
    graph.route(three, "image2", (left + 650, 434), (left + 650, 34))
    video = create_video(graph, (left + 360, 530), three["IMAGE"], 25.0, example["audio"])
    graph.route(video, "images", *_back(left + 940, left + 360, 250, 544))
    graph.route(video, "audio", *_sound_above(left + 310), (left + 310, 564))
    save = save_video(graph, (left + 680, 530), video, "three faces", (420, 330))
    graph.group("Video", *warps, two, three, video, save, colour=PURPLE)
    return graph


def _sound_above(x: int) -> list[tuple[int, int]]:
    """The way of the sound from the portrait to a node at the right of x, over the editor."""
    return [(745, 334), (745, -130), (x, -130)]


def _back(right: int, left: int, between: int, to: int) -> list[tuple[int, int]]:
    """The way of a link that leaves a node at its right side and enters one below it at its left side."""
    return [(right + 30, between), (left - 30, between), (left - 30, to)]


def _editor(graph: Graph, example: Node, face: Node, speech: Node) -> Node:
    editor = graph.add(
        "AUHeadEditor", (830, 0), EDITOR_SIZE, au=speech["au"], face=face["face"], audio=example["audio"],
        edits=TURNING_BITTER,
    )  # fmt: skip
    graph.route(editor, "audio", (745, 334))
    graph.group("Edit", editor, colour=BLUE)
    return editor


DIRECTED = (direct_the_performance, three_faces)
