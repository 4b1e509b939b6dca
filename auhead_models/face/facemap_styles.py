"""What each FaceMap style draws: the lines, points and colours, as data.

Colours are RGB as the network sees them. Point numbers are MediaPipe's (Apache-2.0); sides are the subject's.

Sources:
  ANIPORTRAIT  the drawing of AniPortrait (Apache-2.0, H. Wei et al., arXiv 2403.17694): 512 x 512, no forehead, no
               irises, lips in eight colours.
  MEDIAPIPE    the annotator that made the training pictures of ControlNetMediaPipeFace (CrucibleAI, OpenRAIL):
               whole face oval, lips in one colour, pupils as 4 x 4 squares.
  OPENPOSE     face keypoints as the OpenPose annotators of ControlNet draw them: white discs of radius 3 on the 68
               points of Multi-PIE and on the two pupils.
  AU_HEATMAP   our own: where Action Units act, one colour per region of the face.
"""

from dataclasses import dataclass

import numpy as np

from ..au.space import UNITS
from .topology import FACE_OVAL, LEFT_EYE, LOWER_LIP, RIGHT_EYE, UPPER_LIP, Eye

Colour = tuple[int, int, int]
Path = tuple[int, ...]


@dataclass(frozen=True)
class LineStyle:
    """Lines of thickness 2 in paint order and 4 x 4 squares on single points."""

    edges: np.ndarray  # [L, 2] point numbers
    edge_colours: np.ndarray  # [L, 3] float32 0..1
    squares: np.ndarray  # [N] point numbers
    square_colours: np.ndarray  # [N, 3]


def _style(paths: list[tuple[Path, Colour]], squares: dict[int, Colour]) -> LineStyle:
    """Paths, later over earlier, to a table of edges."""
    edges = [(edge, colour) for path, colour in paths for edge in zip(path, path[1:])]
    return LineStyle(
        edges=np.array([edge for edge, _ in edges]),
        edge_colours=_colours([colour for _, colour in edges]),
        squares=np.array(list(squares), dtype=np.int64),
        square_colours=_colours(list(squares.values())),
    )


def _colours(table: list[Colour]) -> np.ndarray:
    return np.array(table, np.float32).reshape(-1, 3) / 255


def _eye(eye: Eye, colour: Colour) -> list[tuple[Path, Colour]]:
    return [((eye.outer, *lid, eye.inner), colour) for lid in (eye.lower, eye.upper)]


def _brows(eye: Eye, colour: Colour) -> list[tuple[Path, Colour]]:
    return [(eye.brow_lower, colour), (eye.brow_upper, colour)]


# From the subject's left temple down round the chin to the right temple: 26 of the oval's 36 edges.
_OVAL_WITHOUT_FOREHEAD = FACE_OVAL[5:32]
_RIGHT, _LEFT = slice(0, 6), slice(5, 11)  # halves of a lip ring, which runs from the right corner to the left one
_OUTER, _INNER = 0, 3

ANIPORTRAIT = _style(
    [
        (_OVAL_WITHOUT_FOREHEAD, (10, 200, 10)),
        *_eye(LEFT_EYE, (180, 200, 10)),
        *_brows(LEFT_EYE, (180, 220, 10)),
        *_eye(RIGHT_EYE, (10, 200, 180)),
        *_brows(RIGHT_EYE, (10, 220, 180)),
        (LOWER_LIP[_OUTER][_RIGHT], (10, 180, 20)),
        (LOWER_LIP[_OUTER][_LEFT], (20, 10, 180)),
        (LOWER_LIP[_INNER][_RIGHT], (100, 100, 30)),
        (LOWER_LIP[_INNER][_LEFT], (100, 150, 50)),
        (UPPER_LIP[_OUTER][_RIGHT], (20, 80, 100)),
        (UPPER_LIP[_OUTER][_LEFT], (80, 100, 20)),
        (UPPER_LIP[_INNER][_RIGHT], (120, 100, 200)),
        (UPPER_LIP[_INNER][_LEFT], (150, 120, 100)),
    ],
    squares={},
)

MEDIAPIPE = _style(
    [
        ((*FACE_OVAL, FACE_OVAL[0]), (10, 200, 10)),
        *_eye(LEFT_EYE, (10, 200, 180)),
        *_brows(LEFT_EYE, (10, 220, 180)),
        *_eye(RIGHT_EYE, (180, 200, 10)),
        *_brows(RIGHT_EYE, (180, 220, 10)),
        *((lip[ring], (10, 180, 10)) for lip in (UPPER_LIP, LOWER_LIP) for ring in (_OUTER, _INNER)),
    ],
    squares={RIGHT_EYE.iris: (250, 200, 10), LEFT_EYE.iris: (10, 200, 250)},
)

# The mesh point nearest to each Multi-PIE mark of the ICT Face Model (MIT) on the mean head; the outline is looked for
# on the face oval and the brows on their upper edge. From the subject's right to the left, as Multi-PIE counts.
OPENPOSE = np.array(
    (
        *(127, 234, 93, 132, 172, 150, 149, 148, 152, 377, 378, 379, 397, 361, 323, 454, 356),  # outline, 0-16
        *(70, 63, 105, 66, 107, 336, 296, 334, 293, 300),  # brows, 17-26
        *(168, 197, 195, 4, 240, 97, 2, 326, 460),  # nose, 27-35
        *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),  # eyes, 36-47
        *(61, 39, 37, 0, 267, 269, 291, 321, 314, 17, 84, 91),  # lips outside, 48-59
        *(78, 81, 13, 311, 308, 402, 14, 178),  # lips inside, 60-67
        *(RIGHT_EYE.iris, LEFT_EYE.iris),  # pupils, 68-69
    )
)
OPENPOSE_RADIUS = 3

_REGION_COLOURS = {
    "eyes": (60, 160, 250),
    "brows": (250, 190, 40),
    "jaw": (60, 220, 110),
    "mouth": (250, 70, 80),
    "cheeks": (200, 90, 240),
    "nose": (60, 230, 230),
}
AU_COLOURS = _colours([_REGION_COLOURS[unit.region] for unit in UNITS])  # [24, 3]
AU_GROUND = 0.12  # grey of a face at rest
