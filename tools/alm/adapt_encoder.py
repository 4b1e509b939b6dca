"""Let a trained bundled ALM hear through another version of the encoder, without training it again.

    python tools/alm/adapt_encoder.py ALM OLD_SPEECH NEW_SPEECH SHARDS OUT

The features of two encoders of one lineage differ mostly by a linear map. It is found by ridge regression on clips of
SHARDS, and taken up into the projector. Prints the share of the old features' variance that the map explains on clips
that it was not fitted to: below about 0.7 a training with `train_bundled.py --start` is needed.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]
from lessons import Clip, read_clips  # noqa: E402
from train_bundled import LANGUAGE, held_out  # noqa: E402

from auhead_models.alm.backends.bundled import open_bundled, parts, save_bundled  # noqa: E402
from auhead_models.speech.features import normalised  # noqa: E402
from auhead_models.speech.model import load_model  # noqa: E402

_RIDGE = 10.0
_COLUMNS = 600  # of mel: 6 s of a clip


@torch.inference_mode()
def features(speech: Path, clips: list[Clip]) -> np.ndarray:
    """[T, d] of all clips, one after the other."""
    encoder = load_model(speech).encoder
    rows = []
    for clip in clips:
        mel = clip.mel[:, : min(clip.mel.shape[1] // 4 * 4, _COLUMNS)].astype(np.float32)
        rows.append(encoder(normalised(torch.from_numpy(mel))[None])[0].numpy())
    return np.concatenate(rows).astype(np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("alm", "old_speech", "new_speech", "shards", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--clips", type=int, default=250)
    options = parser.parse_args()
    torch.set_num_threads(1)
    known = [clip for clip in read_clips(sorted(options.shards.glob("*.npz"))) if not held_out(clip.voice)]
    order = np.random.default_rng(0).permutation(len(known))[: options.clips]
    clips = [known[i] for i in order]
    fitted = clips[: len(clips) * 4 // 5]
    old, new = features(options.old_speech, fitted), features(options.new_speech, fitted)
    centre = new.mean(0)
    centred = new - centre
    linear = np.linalg.solve(centred.T @ centred + _RIDGE * np.eye(new.shape[1]), centred.T @ (old - old.mean(0)))
    shift = old.mean(0) - centre @ linear
    checked = clips[len(fitted) :]
    truth, found = features(options.old_speech, checked), features(options.new_speech, checked) @ linear + shift
    print(f"explained variance {1 - ((truth - found) ** 2).sum() / ((truth - truth.mean(0)) ** 2).sum():.3f}")
    backend = open_bundled(options.alm, options.new_speech)
    projector = parts(backend.network)["projector"].linear
    with torch.no_grad():
        projector.bias += projector.weight @ torch.from_numpy(shift).float()
        projector.weight.copy_(projector.weight @ torch.from_numpy(linear.T).float())
    save_bundled(backend, options.out, LANGUAGE)


if __name__ == "__main__":
    main()
