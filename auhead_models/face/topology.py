"""Which landmark lies where: named point lists of the 478-point face mesh.

Points 0-467 are the mesh, 468-472 the right iris and 473-477 the left iris, the centre first.
Source: the vertex numbering of MediaPipe Face Mesh (Apache-2.0). Lists that come in pairs (upper and lower lid, upper
and lower lip) are in the same order, so the k-th points of both face each other.
"""

from dataclasses import dataclass

MESH_POINTS = 468
POINTS = 478

# Outline of the face, from the top of the forehead over the subject's left cheek to the chin and back.
FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip


@dataclass(frozen=True)
class Eye:
    """One eye: rings of points from the outer corner to the inner one."""

    upper: tuple[int, ...]  # edge of the upper lid, 7 points without the corners
    lower: tuple[int, ...]  # edge of the lower lid, facing `upper`
    outer: int  # outer corner
    inner: int  # inner corner
    crease: tuple[int, ...]  # the lid above the upper edge
    below: tuple[int, ...]  # the lid below the lower edge
    fold: tuple[int, ...]  # under the brow
    brow_upper: tuple[int, ...]
    brow_lower: tuple[int, ...]
    iris: int  # centre of the iris; the four points after it lie on its rim

    @property
    def opening(self) -> tuple[int, ...]:
        """The closed outline of the visible eyeball: outer corner, upper lid, inner corner, lower lid backwards."""
        return (self.outer, *self.upper, self.inner, *self.lower[::-1])


RIGHT_EYE = Eye(
    upper=(246, 161, 160, 159, 158, 157, 173), lower=(7, 163, 144, 145, 153, 154, 155), outer=33, inner=133,
    crease=(247, 30, 29, 27, 28, 56, 190), below=(25, 110, 24, 23, 22, 26, 112),
    fold=(113, 225, 224, 223, 222, 221, 189), brow_upper=(70, 63, 105, 66, 107), brow_lower=(46, 53, 52, 65, 55),
    iris=468,
)  # fmt: skip
LEFT_EYE = Eye(
    upper=(466, 388, 387, 386, 385, 384, 398), lower=(249, 390, 373, 374, 380, 381, 382), outer=263, inner=362,
    crease=(467, 260, 259, 257, 258, 286, 414), below=(255, 339, 254, 253, 252, 256, 341),
    fold=(342, 445, 444, 443, 442, 441, 413), brow_upper=(300, 293, 334, 296, 336),
    brow_lower=(276, 283, 282, 295, 285), iris=473,
)  # fmt: skip
EYES = (LEFT_EYE, RIGHT_EYE)  # the order of the paired units: left, then right

# Lips, four rings of eleven points each from the subject's right corner to the left one; ring 0 is the outline, ring 3
# the edge of the mouth opening.
UPPER_LIP = (
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    (76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306),
    (62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292),
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
)
LOWER_LIP = (
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
    (76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306),
    (62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
)
