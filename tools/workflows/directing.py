"""The workflows of the template browser in which a performance is directed by hand, in AU Editor."""

from graph import Graph, Node
from templates import BLUE, GREEN, PURPLE, create_video, portrait_and_speech, save_video, stitched

EDITOR_SIZE = 800, 820
SMALL = 320  # pixels of a face beside others: three times 512 take gigabytes of memory
TURNING_BITTER = """{
  "version": 1,
  "spans": [
    {"start": 0.3, "end": 2.7, "emotion": "happy", "level": 2},
    {"start": 2.7, "emotion": "contempt", "level": 3}
  ],
  "keys": {
    "brow_raise_left": [[3.4, 0], [3.9, 0.6], [4.9, 0.5], [5.5, 0]],
    "yaw": [[2.4, 0], [3.1, 0.14], [4.6, 0.1], [5.6, 0]],
    "gaze_x": [[2.5, 0], [2.8, -0.35], [3.9, -0.3], [4.3, 0]]
  }
}
"""  # the smile goes as the sentence turns, one brow rises, the head turns away and the eyes stay


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
    right = 830 + EDITOR_SIZE[0]
    warp = graph.add("AUHeadWarp", (right + 120, 0), (300, 130), face=face["face"], au=editor["au"])
    graph.route(warp, "face", (770, -100), (right + 60, -100))
    video = create_video(graph, (right + 500, 0), warp["frames"], warp["fps"], example["audio"])
    around = EDITOR_SIZE[1] + 60
    graph.route(video, "audio", (770, 334), (770, around), (right + 460, around), (right + 460, 240))
    save = save_video(graph, (right + 850, 0), video, "directed")
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
    left = 830 + EDITOR_SIZE[0] + 130
    faces = [face]
    for sample, top in (("rendered head", 330), ("another rendered head", 720)):
        other = graph.add("AUHeadExample", (left, top), (280, 120), title="Portrait", sample=sample)
        faces.append(graph.add("AUHeadFace", (left + 350, top), (310, 280), image=other["image"], size=SMALL))
        graph.group("Another face", other, faces[-1], colour=GREEN)
    warps = []
    for one, top in zip(faces, (0, 330, 720)):
        warps.append(graph.add("AUHeadWarp", (left + 800, top), (300, 130), face=one["face"], au=editor["au"]))
        branch = [(left + 745, top)] if top else []
        graph.route(warps[-1], "au", (left + 705, 0), *branch)
    graph.route(warps[0], "face", (770, -100), (left + 700, -100))
    two = stitched(graph, (left + 1230, 0), warps[0]["frames"], warps[1]["frames"], "right")
    three = stitched(graph, (left + 1570, 0), two["IMAGE"], warps[2]["frames"], "right")
    graph.route(three, "image2", (left + 1530, 300))
    video = create_video(graph, (left + 1910, 0), three["IMAGE"], 25.0, example["audio"])
    graph.route(video, "audio", (770, 334), (770, 1060), (left + 1870, 1060), (left + 1870, 240))
    save = save_video(graph, (left + 2260, 0), video, "three faces", (640, 330))
    graph.group("Video", *warps, two, three, video, save, colour=PURPLE)
    return graph


def _editor(graph: Graph, example: Node, face: Node, speech: Node) -> Node:
    editor = graph.add(
        "AUHeadEditor", (830, 0), EDITOR_SIZE, au=speech["au"], face=face["face"], audio=example["audio"],
        edits=TURNING_BITTER,
    )  # fmt: skip
    graph.route(editor, "audio", (770, 334))
    graph.group("Edit", editor, colour=BLUE)
    return editor


DIRECTED = (direct_the_performance, three_faces)
