"""Shards of training pairs in memory, batches of crops, and changes that leave the residual as it is.

What differs between two pictures of one place is what the refiner learns. Noise, compression, blur and colour differ
from camera to camera but are the same in the warp and in the frame it stands for; so they are applied to both alike,
and the network learns to leave them alone instead of taking them away.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from pairs import KINDS
from PIL import Image

from auhead_models.au.space import UNIT_MIRROR, UNIT_MIRROR_SIGN
from auhead_models.diffusion.refiner import UNKNOWN, RegionInputs

PARTS = ("warp", "portrait", "facemap", "target", "mask")
HELD_OUT = 20  # one identity of so many is never trained on
PHOTO_SHARE = 0.35  # of a batch
MIRRORED = 0.4  # of the pairs
EMPTY = 0.02  # a mask that nowhere exceeds this says nothing


@dataclass
class Batch:
    """What the network is given and the target: [N, 3, h, w] 0..1, but mask [N, 1, h, w], values and own [N, 24]."""

    warp: torch.Tensor
    portrait: torch.Tensor
    facemap: torch.Tensor
    target: torch.Tensor
    mask: torch.Tensor
    values: torch.Tensor
    own: torch.Tensor

    @property
    def given(self) -> RegionInputs:
        return RegionInputs(self.warp, self.portrait, self.facemap, self.mask, self.values, self.own)


class Pairs:
    """The pairs of one region from all shards of a folder, or of one file; training part or the held-out people."""

    def __init__(self, source: Path, region: str, held_out: bool | None = False):
        self.source, self.region, self.held_out = source, region, held_out
        self._seen: set[Path] = set()
        self._parts: dict[str, list[np.ndarray]] = {name: [] for name in (*PARTS, "values", "own", "identity", "kind")}
        self.rows: list[tuple[int, int]] = []
        self.photos: list[int] = []
        self.refresh()

    def __len__(self) -> int:
        return len(self.rows)

    def refresh(self) -> None:
        """Read the shards that have been written since."""
        files = sorted(self.source.glob("*.npz")) if self.source.is_dir() else [self.source]
        for file in files:
            if file in self._seen or ".part" in file.name:
                continue
            self._seen.add(file)
            with np.load(file) as data:
                chosen = data[f"{self.region}_mask"].max((1, 2)) > EMPTY * 255
                if self.held_out is not None:
                    chosen &= (data["identity"] % HELD_OUT == 0) == self.held_out
                chosen = np.nonzero(chosen)[0]
                for name in PARTS:
                    self._parts[name].append(data[f"{self.region}_{name}"][chosen])
                for name in ("values", "own", "identity", "kind"):
                    self._parts[name].append(data[name][chosen])
            shard = len(self._parts["kind"]) - 1
            for k, kind in enumerate(self._parts["kind"][shard]):
                if kind == KINDS.index("photo"):
                    self.photos.append(len(self.rows))
                self.rows.append((shard, k))

    def column(self, name: str) -> np.ndarray:
        """One value of all pairs, "identity" or "kind"."""
        return np.array([self._parts[name][shard][k] for shard, k in self.rows])

    def batch(self, numbers) -> Batch:
        def stack(name):
            return np.stack([self._parts[name][shard][k] for shard, k in (self.rows[n] for n in numbers)])

        pictures = [torch.from_numpy(stack(name)).movedim(-1, 1).float() / 255 for name in PARTS[:-1]]
        mask = torch.from_numpy(stack("mask"))[:, None].float() / 255
        return Batch(*pictures, mask, torch.from_numpy(stack("values")), torch.from_numpy(stack("own")))

    def draw(self, size: int, rng: np.random.Generator) -> Batch:
        """A random batch in which photographs have their share."""
        numbers = rng.integers(len(self.rows), size=size)
        for k in range(size):
            if self.photos and rng.random() < PHOTO_SHARE:
                numbers[k] = self.photos[rng.integers(len(self.photos))]
        return vary(mirrored(self.batch(numbers), rng), rng)


def mirrored(batch: Batch, rng: np.random.Generator) -> Batch:
    """A batch some of whose pairs are mirrored. A FaceMap's colours tell left from right, so theirs are missing."""
    chosen = torch.from_numpy(rng.random(len(batch.warp)) < MIRRORED)
    for name in (*PARTS, "values", "own"):
        part = getattr(batch, name)
        if name in ("values", "own"):
            part[chosen] = part[chosen][:, torch.tensor(UNIT_MIRROR)] * torch.tensor(UNIT_MIRROR_SIGN)
        else:
            part[chosen] = part[chosen].flip(-1)
    batch.facemap[chosen] = UNKNOWN["facemap"]
    return batch


def vary(batch: Batch, rng: np.random.Generator) -> Batch:
    """Another camera: colour, tone, blur, compression and noise of every pair, alike in warp and target."""
    for k in range(len(batch.warp)):
        gamma, gain = np.exp(rng.normal() * 0.22), np.exp(rng.normal(size=3) * 0.05 + rng.normal() * 0.12)
        lift = rng.uniform(-0.03, 0.06)
        saturation = np.exp(rng.normal() * 0.2)
        blur = rng.uniform(0.5, 1.8) if rng.random() < 0.4 else 0
        gain = torch.tensor(gain, dtype=torch.float32)[:, None, None]
        for pictures in (batch.portrait, batch.warp, batch.target):
            picture = pictures[k].clamp(1e-4, 1) ** gamma * gain + lift
            grey = picture.mean(0, keepdim=True)
            picture = grey + saturation * (picture - grey)
            pictures[k] = (blurred(picture[None], blur)[0] if blur else picture).clamp(0, 1)
        added = torch.zeros_like(batch.warp[k])
        if rng.random() < 0.35:
            added += compressed(batch.warp[k], int(rng.integers(35, 92))) - batch.warp[k]
            batch.portrait[k] = compressed(batch.portrait[k], int(rng.integers(35, 92)))
        if rng.random() < 0.5:
            strength, grain = rng.uniform(0, 0.03), rng.uniform(0.4, 1.5)
            added += _noise(added.shape, strength, grain, rng)
            batch.portrait[k] += _noise(added.shape, strength, grain, rng)
        batch.warp[k] += added
        batch.target[k] += added
    batch.values *= 1 + 0.05 * torch.from_numpy(rng.normal(size=batch.values.shape).astype(np.float32))
    return batch


def blurred(pictures: torch.Tensor, sigma: float) -> torch.Tensor:
    """Gaussian blur of [N, C, h, w]; the border is continued."""
    if sigma <= 0:
        return pictures
    radius = max(1, int(3 * sigma + 0.5))
    x = torch.arange(-radius, radius + 1, dtype=pictures.dtype)
    kernel = torch.exp(-(x**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).expand(pictures.shape[1], 1, -1)
    out = F.pad(pictures, (radius,) * 4, mode="replicate")
    out = F.conv2d(out, kernel[..., None, :], groups=pictures.shape[1])
    return F.conv2d(out, kernel[..., :, None], groups=pictures.shape[1])


def compressed(picture: torch.Tensor, quality: int) -> torch.Tensor:
    """A picture [3, h, w] after JPEG."""
    pixels = (picture.clamp(0, 1) * 255 + 0.5).byte().movedim(0, -1).numpy()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return torch.from_numpy(np.asarray(Image.open(file)).copy()).movedim(-1, 0).float() / 255


def _noise(shape: tuple[int, ...], strength: float, grain: float, rng: np.random.Generator) -> torch.Tensor:
    """Film grain: noise of a size (pixels), the more a camera enlarges."""
    noise = torch.from_numpy(rng.normal(size=shape).astype(np.float32))
    noise = 0.7 * noise.mean(0, keepdim=True) * 3**0.5 + 0.3 * noise
    noise = blurred(noise[None], grain)[0]
    return noise * (strength / noise.std().clamp(min=1e-4))
