"""Compare our networks with AniPortrait's own code (Apache-2.0) on random weights, and write golden tensors from it.

    python tools/parity/aniportrait.py CHECKOUT [--golden tests/data/aniportrait.safetensors --commit HASH] [--full]

CHECKOUT: a copy of github.com/Zejun-Yang/AniPortrait. Needs its imports (einops, transformers) beside ours. Nothing of
it is copied: only numbers that it computed enter the golden file, with its commit and this script's hash. --full also
compares names and shapes of all weights at full size (about 8 GB of memory without values being drawn: meta tensors).
"""

import argparse
import hashlib
import json
import sys
import types
from pathlib import Path

import diffusers.models.embeddings as embeddings
import torch
from safetensors.torch import save_file

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tests" / "diffusion"))

from toys import CHANNELS, GUIDER_CHANNELS, IMAGE_DIM, draw_weights, toy_guider, toy_inputs, toy_networks  # noqa: E402

from auhead_models.diffusion.attention import Conditions  # noqa: E402
from auhead_models.diffusion.guider import HEAD_CHANNELS, HEADS, FaceMapGuider  # noqa: E402
from auhead_models.diffusion.keymaps import motion_keys  # noqa: E402
from auhead_models.diffusion.presets import SD15  # noqa: E402
from auhead_models.diffusion.unet import FaceUNet, ReferenceNet  # noqa: E402

MOTION = {
    "use_inflated_groupnorm": True,
    "use_motion_module": True,
    "motion_module_resolutions": (1, 2, 4, 8),
    "motion_module_mid_block": True,
    "motion_module_type": "Vanilla",
    "motion_module_kwargs": {
        "num_attention_heads": 8,
        "num_transformer_block": 1,
        "attention_block_types": ["Temporal_Self", "Temporal_Self"],
        "temporal_position_encoding": True,
        "temporal_position_encoding_max_len": 32,
        "temporal_attention_dim_div": 1,
    },
    "unet_use_cross_frame_attention": False,
    "unet_use_temporal_attention": False,
}
BAR = 5e-5  # of the output's standard deviation; a wrong layer shows as 1e-2 and more


def import_reference(checkout: Path) -> types.SimpleNamespace:
    """The reference's classes. It was written for an older diffusers: names that have moved are put back for it."""
    sys.path.insert(0, str(checkout))
    for name in ("xformers", "xformers.ops"):
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["xformers"].ops = sys.modules["xformers.ops"]
    moved = {"PositionNet": "GLIGENTextBoundingboxProjection", "CaptionProjection": "PixArtAlphaTextProjection"}
    for old, new in moved.items():
        if not hasattr(embeddings, old):
            setattr(embeddings, old, getattr(embeddings, new, object))
    import diffusers.models.transformers.dual_transformer_2d as dual

    sys.modules.setdefault("diffusers.models.dual_transformer_2d", dual)
    from src.models.mutual_self_attention import ReferenceAttentionControl
    from src.models.pose_guider import PoseGuider
    from src.models.unet_2d_condition import UNet2DConditionModel
    from src.models.unet_3d import UNet3DConditionModel

    return types.SimpleNamespace(
        control=ReferenceAttentionControl, guider=PoseGuider, unet2d=UNet2DConditionModel, unet3d=UNet3DConditionModel
    )


def load_both(theirs: torch.nn.Module, ours: torch.nn.Module, skipped: tuple[str, ...] = ()) -> None:
    """The same random weights into both; names must match except those that begin with `skipped`."""
    draw_weights(ours)
    mine = ours.state_dict()
    mapped = {name: motion_keys({name: None}) for name in theirs.state_dict()}
    state = {}
    for name, value in theirs.state_dict().items():
        if name.startswith(skipped):
            state[name] = value
        elif mapped[name]:
            state[name] = mine[next(iter(mapped[name]))]
        else:  # the second copy of a position table
            first = name.replace("attention_blocks.1", "attention_blocks.0")
            state[name] = mine[next(iter(motion_keys({first: None})))]
    theirs.load_state_dict(state)


@torch.no_grad()
def compare_step(
    reference: types.SimpleNamespace, dtype: torch.dtype
) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    """A full denoising step with FaceMap features, the portrait and classifier-free guidance, both ways."""
    unet, reference_net = toy_networks()
    guider = toy_guider((HEADS, HEAD_CHANNELS))
    shape = {"sample_size": 8, "block_out_channels": CHANNELS, "cross_attention_dim": IMAGE_DIM}
    their_unet = reference.unet3d(**shape, attention_head_dim=8, norm_num_groups=32, **MOTION).eval()
    their_reference = reference.unet2d(**shape, attention_head_dim=8, norm_num_groups=32).eval()
    their_guider = reference.guider(noise_latent_channels=GUIDER_CHANNELS[0]).eval()
    load_both(their_unet, unet)
    load_both(their_reference, reference_net, skipped=("conv_norm_out", "conv_out"))
    load_both(their_guider, guider)

    trained = toy_guider((HEADS, HEAD_CHANNELS), batch_statistics=True)
    for network in (unet, reference_net, guider, their_unet, their_reference, their_guider, trained):
        network.to(dtype)
    given = toy_inputs(dtype)
    frames = given["latents"].shape[2]
    tokens = torch.cat([torch.zeros_like(given["image_token"]), given["image_token"]])
    facemaps = given["facemaps"].movedim(0, 1)[None] * 2 - 1  # b c f h w
    features = their_guider(facemaps, torch.randn(1, 3, *facemaps.shape[-2:], dtype=dtype))
    writer = reference.control(
        their_reference, do_classifier_free_guidance=True, mode="write", batch_size=1, fusion_blocks="full"
    )
    reader = reference.control(
        their_unet, do_classifier_free_guidance=True, mode="read", batch_size=1, fusion_blocks="full"
    )
    time = given["timestep"]
    their_reference(given["portrait"].repeat(2, 1, 1, 1), torch.zeros_like(time), encoder_hidden_states=tokens)
    reader.update(writer, dtype=dtype)
    expected = their_unet(
        given["latents"].repeat(2, 1, 1, 1, 1),
        time,
        encoder_hidden_states=tokens,
        pose_cond_fea=[feature.repeat(2, 1, 1, 1, 1) for feature in features],
        return_dict=False,
    )[0]

    ours = guider(given["facemaps"])
    known = reference_net.read(given["portrait"], given["image_token"], unet)
    got = unet(
        given["latents"].repeat(2, 1, 1, 1, 1),
        time,
        tokens.repeat_interleave(frames, 0),
        [feature.repeat(2, 1, 1, 1) for feature in ours],
        Conditions(known, unreferenced=frames),
    )
    errors = {"step": _error(got, expected)}
    for level, (mine, theirs) in enumerate(zip(ours, features, strict=True)):
        errors[f"guider level {level}"] = _error(mine, theirs[0].movedim(0, 1))
    their_guider.train()
    batch = their_guider(facemaps, torch.randn(2, 3, *facemaps.shape[-2:], dtype=dtype))
    errors["guider, statistics of the batch"] = _error(trained(given["facemaps"])[-1], batch[-1][0].movedim(0, 1))
    golden = {"step": expected, **{f"feature_{i}": feature[0].movedim(0, 1) for i, feature in enumerate(features)}}
    return golden, errors


def compare_names(reference: types.SimpleNamespace) -> None:
    """Names and shapes of all weights at full size."""
    full = {"cross_attention_dim": 768, "attention_head_dim": 8, "sample_size": 64}
    with torch.device("meta"):
        pairs = {
            "denoising UNet": (reference.unet3d(**full, **MOTION), FaceUNet(**SD15.unet)),
            "ReferenceNet": (reference.unet2d(**full), ReferenceNet(**SD15.reference)),
            "guider": (reference.guider(), FaceMapGuider(**SD15.guider)),
        }
    for title, (theirs, ours) in pairs.items():
        given, wanted = motion_keys(theirs.state_dict()), ours.state_dict()
        if title == "ReferenceNet":  # the published file leaves them out
            given = {name: t for name, t in given.items() if not name.startswith(("conv_norm_out", "conv_out"))}
        wrong = [name for name in given.keys() & wanted.keys() if given[name].shape != wanted[name].shape]
        missing, unexpected = wanted.keys() - given.keys(), given.keys() - wanted.keys()
        print(f"{title}: {len(theirs.state_dict())} names, {len(wanted)} of ours; {len(missing)} missing, "
              f"{len(unexpected)} unexpected, {len(wrong)} of another shape")  # fmt: skip


def _error(got: torch.Tensor, expected: torch.Tensor) -> float:
    """Largest difference in standard deviations of the expected tensor."""
    return float((got - expected).abs().max() / expected.std())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--commit", default="unknown", help="of the checkout, for the golden file")
    parser.add_argument("--golden", type=Path)
    parser.add_argument("--full", action="store_true")
    arguments = parser.parse_args()
    reference = import_reference(arguments.checkout)
    golden, exact = compare_step(reference, torch.float64)  # the same numbers on every machine
    _, errors = compare_step(reference, torch.float32)
    for title, error in errors.items():
        print(f"{title}: {error:.1e} of the standard deviation in fp32, {exact[title]:.1e} in fp64")
    if arguments.full:
        compare_names(reference)
    if arguments.golden:
        source = {
            "source": "github.com/Zejun-Yang/AniPortrait",
            "commit": arguments.commit,
            "script_sha256": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
            "errors": json.dumps(errors),
        }
        save_file({name: tensor.contiguous() for name, tensor in golden.items()}, arguments.golden, source)
    return int(max(errors.values()) > BAR)


if __name__ == "__main__":
    sys.exit(main())
