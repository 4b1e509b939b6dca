"""Time per frame of the diffusion sampler beside AniPortrait's own loop: same random weights, size, steps and noise.

    python benchmarks/diffusion_cost.py CHECKOUT [--width 160] [--size 256] [--frames 16] [--steps 4] [--rounds 3]

CHECKOUT: a copy of github.com/Zejun-Yang/AniPortrait; needs its imports (einops, torchvision, transformers) as well.
Times are those of the processor, all threads together, so that what else runs on the machine does not count. Runs take
turns; a ratio is the median of those within one round. Both get the same FaceMaps, portrait and noise, so with DDIM and
guidance in all steps the pictures must be equal; their difference stands in the table. Wanted: at most 0.90 there, and
0.48 with DPM++ 2M at half the steps. Writes benchmarks/results/diffusion_cost.md.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import torch
from diffusers import AutoencoderKL, DDIMScheduler
from measure import ROOT, keep, parser
from PIL import Image

sys.path[:0] = [str(ROOT / "tools" / "parity"), str(ROOT / "tests" / "diffusion")]
from aniportrait import MOTION, import_reference, load_both  # noqa: E402
from toys import draw_weights, numbers  # noqa: E402

from auhead_models.au import AUSequence  # noqa: E402
from auhead_models.diffusion.guidance import Guidance  # noqa: E402
from auhead_models.diffusion.guider import FaceMapGuider  # noqa: E402
from auhead_models.diffusion.model import FaceDiffusion  # noqa: E402
from auhead_models.diffusion.presets import SD15  # noqa: E402
from auhead_models.diffusion.running import SamplerSettings  # noqa: E402
from auhead_models.diffusion.sampler import DiffusionRenderer  # noqa: E402
from auhead_models.diffusion.unet import FaceUNet, ReferenceNet  # noqa: E402
from auhead_models.face.face import find_face  # noqa: E402
from auhead_models.face.facemap import draw_facemap  # noqa: E402
from auhead_models.image import load_image  # noqa: E402

IMAGE_DIM = 768
SCALE = 3.5


class Encoder(torch.nn.Module):
    """Stands for CLIP in both loops: the same token for every picture."""

    def __init__(self):
        super().__init__()
        self.token = torch.nn.Parameter(numbers("token", (1, IMAGE_DIM)))

    device, dtype = torch.device("cpu"), torch.float32

    def forward(self, pixel_values: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(image_embeds=self.token)


@torch.inference_mode()
def main() -> None:
    line = parser(__doc__, "diffusion_cost")
    line.add_argument("checkout", type=Path)
    line.add_argument("--width", type=int, default=160, help="channels of the first level; 320 in the public weights")
    line.add_argument("--size", type=int, default=256)
    line.add_argument("--frames", type=int, default=16)
    line.add_argument("--steps", type=int, default=4)
    line.add_argument("--rounds", type=int, default=3)
    line.add_argument("--threads", type=int, default=1)
    given = line.parse_args()
    torch.set_num_threads(given.threads)
    model, pipeline = networks(given.checkout, given.width)
    face = find_face(load_image(ROOT / "auhead_models" / "assets" / "portrait.png")[0]).resized(given.size)
    face = replace(face, crop=(face.crop * 255).round() / 255)  # as a picture of 8 bits holds it
    facemaps = draw_facemap(face.landmarks[None].repeat(given.frames, 1, 1), given.size)

    runs = {
        "AniPortrait's loop, DDIM": lambda: theirs(pipeline, face, facemaps, given),
        "AUHead, DDIM, guidance in all steps": lambda: ours(model, face, facemaps, "ddim", given.steps, whole=True),
        "AUHead, DDIM, default interval": lambda: ours(model, face, facemaps, "ddim", given.steps),
        "AUHead, DPM++ 2M, half the steps, all guided": lambda: ours(
            model, face, facemaps, "dpm++ 2m", given.steps // 2, whole=True
        ),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    pictures = {}
    for _ in range(given.rounds):
        for name, run in runs.items():
            started = time.process_time()
            pictures[name] = run()
            times[name].append((time.process_time() - started) / given.frames)
    first = next(iter(runs))
    rows = [
        (
            name,
            f"{median(spent):.2f}",
            f"{median(each / other for each, other in zip(spent, times[first], strict=True)):.2f}",
            f"{float((pictures[name] - pictures[first]).abs().max()):.1e}",
        )
        for name, spent in times.items()
    ]
    title = (
        f"Diffusion: {given.frames} frames of {given.size} x {given.size}, {given.steps} steps, width {given.width}, "
        f"{given.threads} thread"
    )
    keep(given, title, ("loop", "processor s per frame", "ratio", "largest difference of a pixel"), rows)


def networks(checkout: Path, width: int):
    """The same weights in our networks and in the reference's pipeline."""
    reference = import_reference(checkout)
    from src.pipelines.pipeline_pose2vid_long import Pose2VideoPipeline

    channels = (width, 2 * width, 4 * width, 4 * width)
    unet = FaceUNet(**{**SD15.unet, "block_out_channels": channels}).eval()
    reference_net = ReferenceNet(**{**SD15.reference, "block_out_channels": channels}).eval()
    guider = FaceMapGuider((width, width, 2 * width, 4 * width, 4 * width)).eval()
    vae = draw_weights(
        AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(32,) * 4,
        )
    ).eval()
    shape = {"block_out_channels": channels, "cross_attention_dim": IMAGE_DIM, "attention_head_dim": 8}
    their_unet = reference.unet3d(**shape, **MOTION).eval()
    their_reference = reference.unet2d(**shape).eval()
    their_guider = reference.guider(noise_latent_channels=width).eval()
    load_both(their_unet, unet)
    load_both(their_reference, reference_net, skipped=("conv_norm_out", "conv_out"))
    load_both(their_guider, guider)
    encoder = Encoder()
    scheduler = DDIMScheduler(**SD15.scheduler, clip_sample=False, steps_offset=1)
    pipeline = Pose2VideoPipeline(vae, encoder, their_reference, their_unet, their_guider, scheduler)
    pipeline.set_progress_bar_config(disable=True)
    return FaceDiffusion("random", SD15, unet, reference_net, guider, vae, encoder), pipeline


def theirs(pipeline, face, facemaps: torch.Tensor, given: argparse.Namespace) -> torch.Tensor:
    side = given.size // 8
    noise = torch.randn(given.frames, 4, side, side, generator=torch.Generator().manual_seed(0)).transpose(0, 1)[None]
    pipeline.prepare_latents = lambda *_, **__: noise.clone()
    drawn = [_picture(facemap) for facemap in facemaps]
    video = pipeline(
        _picture(face.crop), drawn, drawn[0], given.size, given.size, given.frames, given.steps, SCALE
    ).videos
    return video[0].movedim(0, -1)


def ours(model, face, facemaps: torch.Tensor, scheduler: str, steps: int, whole: bool = False) -> torch.Tensor:
    interval = {"start": 0.0, "end": 1.0} if whole else {}
    settings = SamplerSettings(steps=max(1, steps), scheduler=scheduler, guidance=Guidance(SCALE, **interval))
    still = AUSequence.zeros(len(facemaps))
    return torch.stack([frame for frame, _ in DiffusionRenderer(model, face, settings).render(still, None, facemaps)])


def _picture(pixels: torch.Tensor) -> Image.Image:
    return Image.fromarray((pixels * 255).round().byte().numpy())


if __name__ == "__main__":
    main()
