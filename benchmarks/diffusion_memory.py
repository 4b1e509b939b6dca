"""Peak memory of both diffusion renderers for a short and a long clip, each in a process of its own.

    python benchmarks/diffusion_memory.py [--seconds 10 60]

Frames are let go as they come, so the long clip may need at most 10 % more than the short one. Small networks of the
shapes of tiny's and of sd15's with random weights, one step, AU guidance, at 64 x 64.
Writes benchmarks/results/diffusion_memory.md.
"""

import resource
import sys
from multiprocessing import get_context

import numpy as np
import torch
from measure import ROOT, keep, parser

MEGABYTE = 1 << (20 if sys.platform == "darwin" else 10)  # in the units of ru_maxrss


def main() -> None:
    line = parser(__doc__, "diffusion_memory")
    line.add_argument("--seconds", type=float, nargs=2, default=[10, 60])
    given = line.parse_args()
    rows = []
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for kind, title in (("video", "video diffusion"), ("refiner", "refined warp")):
            short, long = (pool.apply(peak, (kind, seconds)) for seconds in given.seconds)
            rows.append((title, f"{short:.0f}", f"{long:.0f}", f"{long / short:.2f}"))
    clips = [f"MB, {seconds:g} s" for seconds in given.seconds]
    keep(given, "Peak memory of diffusion", ("renderer", *clips, "ratio"), rows)


def peak(kind: str, seconds: float) -> float:
    """Peak resident megabytes of this process after drawing a clip."""
    sys.path.insert(0, str(ROOT / "tests" / "diffusion"))
    from toys import REFINER, toy_model

    from auhead_models.au import FPS, AUSequence
    from auhead_models.diffusion.catalogue import make_renderer
    from auhead_models.diffusion.guidance import Guidance
    from auhead_models.diffusion.refined_warp import RefinerModel
    from auhead_models.diffusion.refiner import Refiner
    from auhead_models.diffusion.running import SamplerSettings
    from auhead_models.face.face import find_face
    from auhead_models.image import load_image

    torch.set_num_threads(1)
    model = toy_model(au_dim=16) if kind == "video" else RefinerModel("random", Refiner(REFINER).eval())
    face = find_face(load_image(ROOT / "auhead_models" / "assets" / "portrait.png")[0]).resized(64)
    frames = round(seconds * FPS)
    talk = (np.sin(np.arange(frames)) + 1) / 2
    performance = AUSequence.zeros(frames).with_columns({"jaw_open": talk, "eye_closure_left": talk})
    settings = SamplerSettings(steps=1, guidance=Guidance(1.0, 1.5))
    for _ in make_renderer(model, face, settings).render(performance):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


if __name__ == "__main__":
    main()
