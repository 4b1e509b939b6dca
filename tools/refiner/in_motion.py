"""What a refiner does to a moving face beside the warp alone: unrest, pixels outside its regions, rest, time.

    python tools/refiner/in_motion.py [PORTRAIT ...] [--model tiny] [--frames 48] [--steps 1 4]

Unrest: the mean difference from one frame to the next where the refiner changes anything, against the warp's. Outside:
pixels that differ from the warp although their place lies in no region. At rest: decibels between portrait and
rendering without any movement. Time: processor seconds a frame on one thread, warp included.
"""

import argparse
import sys
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
from speed import talk  # noqa: E402

from auhead_models.au.sequence import AUSequence  # noqa: E402
from auhead_models.diffusion.catalogue import make_renderer, make_settings, open_model  # noqa: E402
from auhead_models.diffusion.regions import REGIONS, add_back, region_mask, region_matrices  # noqa: E402
from auhead_models.face.deform import FaceDeformer  # noqa: E402
from auhead_models.face.face import find_face  # noqa: E402
from auhead_models.face.warp import WarpRenderer  # noqa: E402
from auhead_models.image import load_image  # noqa: E402

PORTRAIT = ROOT / "auhead_models" / "assets" / "portrait.png"


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("portraits", nargs="*", type=Path, default=[PORTRAIT])
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--steps", type=int, nargs="*", default=[1])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = open_model(arguments.model, {})
    performance = talk().frames(0, arguments.frames)
    print("| portrait | steps | unrest | outside | at rest, dB | seconds a frame |\n|---|---|---|---|---|---|")
    for path in arguments.portraits:
        face = find_face(load_image(path)[0][..., :3])
        warp = torch.stack([frame for frame, _ in WarpRenderer(face).render(performance)])
        within = where(face, performance)
        for steps in arguments.steps:
            renderer = make_renderer(model, face, make_settings(model, steps))
            started = time.process_time()
            refined = torch.stack([frame for frame, _ in renderer.render(performance)])
            seconds = (time.process_time() - started) / len(performance)
            ((still, _),) = renderer.render(AUSequence.zeros(1))
            error = float((still - face.crop).square().mean())
            changes = [(clip.diff(dim=0).abs().mean(-1) * within[1:]).sum() for clip in (refined, warp)]
            outside = int(((refined != warp).any(-1) & ~within).sum())
            rest = -10 * torch.tensor(max(error, 1e-12)).log10()
            print(
                f"| {path.stem} | {steps} | {float(changes[0] / changes[1]):.3f} | {outside} | {float(rest):.0f} | "
                f"{seconds:.3f} |",
                flush=True,
            )


def where(face, performance: AUSequence) -> torch.Tensor:
    """The pixels [T, S, S] that lie in a region's mask."""
    points = FaceDeformer(face).meshes(performance)
    nothing = torch.zeros(len(points), face.size, face.size, 3)
    within = torch.zeros(nothing.shape[:3], dtype=torch.bool)
    for region in REGIONS:
        matrices = region_matrices(points, region)
        mask = region_mask(points, matrices, region, face.landmarks)
        bright = torch.ones(*mask.shape, 3)
        within |= add_back(nothing, bright, mask, matrices).amax(-1) > 0
    return within


if __name__ == "__main__":
    main()
