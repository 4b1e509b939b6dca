"""What AU guidance does to a picture: the guided unit goes up with it, everything outside its region stays.

    python benchmarks/au_guidance.py [NAME=PORTRAIT ...] [--model MODEL] [-o TABLE]

Each unit is performed at 0.3 (both sides) and guided from 0 to 3. Found again: the unit in the drawn picture, by the
landmarks, looked at twice, and the portrait as the known neutral face; it must never fall. Outside: the mean change
against guidance 1 of pixels beyond the dilated mask of the region, in grey levels of 255. Writes
benchmarks/results/au_guidance.md.
"""

import numpy as np
import torch
from control import BUNDLED, ExpressionReader, _look_again, _named, performance
from measure import keep, parser

from auhead_models.au.space import UNIT_INDEX, both_sides
from auhead_models.diffusion.catalogue import make_renderer, make_settings, open_model
from auhead_models.diffusion.guidance import guided_region
from auhead_models.face.canonical import fit_pose
from auhead_models.face.deform import FaceDeformer
from auhead_models.face.face import find_face
from auhead_models.face.topology import MESH_POINTS
from auhead_models.image import load_image

SCALES = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
BASE = 0.3
UNITS = {  # unit: the region that guides it
    "brow_raise": "brows",
    "brow_lower": "brows",
    "lip_corner_raise": "mouth",
    "lip_corner_stretch": "mouth",
    "nose_wrinkle": "lower face",
    "upper_lid_raise": "eyes",
}
FALLS = 0.01  # less is the detector's own unrest


@torch.inference_mode()
def main() -> None:
    line = parser(__doc__, "au_guidance")
    line.add_argument("portraits", nargs="*", type=_named, metavar="NAME=PORTRAIT")
    line.add_argument("--model", default="tiny")
    given = line.parse_args()
    torch.set_num_threads(1)
    model = open_model(given.model, {})
    rows = []
    for name, path in (BUNDLED | dict(given.portraits)).items():
        face = find_face(load_image(path)[0][..., :3])
        neutral, reader = face.mesh[:MESH_POINTS], ExpressionReader(face.mesh)
        for unit, region in UNITS.items():
            sides = both_sides(unit)
            played = performance(dict.fromkeys(sides, BASE), 1)
            drawn = {}
            for scale in SCALES:
                settings = make_settings(model, au_scale=scale, region=region)
                ((drawn[scale], _),) = make_renderer(model, face, settings).render(played)
            points = torch.stack([_look_again(picture, face.landmarks) for picture in drawn.values()])
            values, _ = reader(fit_pose(points, neutral).unproject(points))
            found = values[:, [UNIT_INDEX[side] for side in sides]].mean(1).numpy()
            strongest = settings.guidance.strengthened(played)
            moved = FaceDeformer(face).meshes(strongest)
            beyond = guided_region(moved, region, face.size, (face.size, face.size))[0, 0] == 0
            change = max(
                float((picture - drawn[1.0]).abs().mean(-1)[beyond].mean()) * 255 for picture in drawn.values()
            )
            rises = "yes" if np.diff(found).min() > -FALLS else "no"
            rows.append((name, unit, " ".join(f"{value:.2f}" for value in found), rises, f"{change:.2f}"))
    scales = " ".join(f"{scale:g}" for scale in SCALES)
    keep(
        given,
        f"AU guidance: {model.name}, units at {BASE:g}",
        ("portrait", "unit", f"found at {scales}", "never falls", "outside, of 255"),
        rows,
    )


if __name__ == "__main__":
    main()
