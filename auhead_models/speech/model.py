"""The bundled speech model: what is heard in speech, one row for each video frame (25 Hz).

An encoder (encoder.py) with four linear heads: viseme (15 classes), mouth units (10, see coarticulation.MOUTH), emotion
(8) and level (3). The units of a frame are then read, linearly again, from units and visemes of the frames around it: a
mouth moves steadily, and what is unsure in one frame is often sure in the next. Trained by tools/speech on synthetic
voices; what it can and cannot do is in weights/auhead_speech.md. `hear` takes recordings of any length in overlapping
windows.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from ..au.emotions import EMOTIONS, LEVELS
from .coarticulation import MOUTH, VISEMES
from .encoder import EncoderConfig, SpeechEncoder
from .features import STEPS_PER_FRAME, log_mel

WEIGHTS = Path(__file__).resolve().parents[1] / "weights" / "auhead_speech.safetensors"
Progress = Callable[[int, int], None]  # (done, total) of a part of the work, window by window; may raise to cancel

CONTEXT = 7  # frames, 0.28 s, that the mouth of a frame is read from

_LEAST_SPEECH = 6  # frames
_OVERLAP = 25  # frames that two windows share, half of which each gives away


@dataclass(frozen=True, eq=False)
class Heard:
    """float32, T frames of 40 ms: `features` [T, d]; `visemes` [T, 15] probabilities; `units` [T, 10] in the order of
    MOUTH, 0..1; `emotion` [T, 8] and `level` [T, 3] log probabilities in the order of EMOTIONS and LEVELS."""

    features: np.ndarray
    visemes: np.ndarray
    units: np.ndarray
    emotion: np.ndarray
    level: np.ndarray

    @property
    def speaks(self) -> bool:
        """Whether there is any speech in it: a quarter of a second of phones in all, or a part of a shorter sound."""
        return bool((1 - self.visemes[:, 0]).sum() >= min(_LEAST_SPEECH, 0.2 * len(self.visemes)))

    def pooled(self) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities of emotion [8] and level [3] over the whole, weighed by speech against silence."""
        speaking = 1 - self.visemes[:, :1] + 1e-3
        return tuple(_softmax((speaking * track).sum(axis=0) / speaking.sum()) for track in (self.emotion, self.level))


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


class SpeechModel(nn.Module):
    """Log-mel [B, 80, M] to features [B, M / 4, d] and, by `heads`, to one tensor [B, M / 4, n] of logits each."""

    def __init__(self, config: EncoderConfig):
        super().__init__()
        sizes = {"viseme": len(VISEMES), "units": len(MOUTH), "emotion": len(EMOTIONS), "level": len(LEVELS)}
        self.encoder = SpeechEncoder(config)
        self.heads = nn.ModuleDict({name: nn.Linear(config.d_model, size) for name, size in sizes.items()})
        width = len(MOUTH) + len(VISEMES)
        self.around = nn.Conv1d(width, len(MOUTH), CONTEXT, padding=CONTEXT // 2, padding_mode="replicate")

    def forward(self, mel: torch.Tensor, first_position: int = 0) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        features = self.encoder(mel, first_position)
        return features, {name: head(features) for name, head in self.heads.items()}

    def mouth(self, logits: dict[str, torch.Tensor]) -> torch.Tensor:
        """The units [B, T, 10], 0..1, from the logits of `forward`."""
        return self.around(frame_by_frame(logits).transpose(1, 2)).transpose(1, 2).clamp(0, 1)


def frame_by_frame(logits: dict[str, torch.Tensor]) -> torch.Tensor:
    """Units and visemes as they are heard in each frame alone, [B, T, 25], 0..1."""
    return torch.cat((logits["units"].sigmoid(), logits["viseme"].softmax(-1)), -1)


def save_model(model: SpeechModel, path: Path):
    """float16 weights, the configuration as JSON in the metadata ("config")."""
    tensors = {name: tensor.detach().half().contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, path, {"config": json.dumps(asdict(model.encoder.config))})


@lru_cache(maxsize=2)
def load_model(path: Path = WEIGHTS) -> SpeechModel:
    """The model of a file, in float32 on the CPU."""
    with safe_open(path, "pt") as file:
        model = SpeechModel(EncoderConfig(**json.loads(file.metadata()["config"])))
        model.load_state_dict({name: file.get_tensor(name) for name in file.keys()})
    return model.eval()


@torch.inference_mode()
def hear(speech: np.ndarray, frames: int, model: SpeechModel | None = None, progress: Progress | None = None) -> Heard:
    """What is in speech [N] (16 kHz mono, from `to_speech`) over so many frames; `model` is the bundled one if None."""
    model = model or load_model()
    mel = log_mel(speech, frames)
    longest = model.encoder.config.longest // STEPS_PER_FRAME
    parts, start, begun = [], 0, 0
    while begun < frames:
        stop = min(start + longest, frames)
        ends = frames if stop == frames else stop - _OVERLAP // 2
        features, logits = model(mel[None, :, start * STEPS_PER_FRAME : stop * STEPS_PER_FRAME])
        outputs = (
            features,
            logits["viseme"].softmax(-1),
            model.mouth(logits),
            logits["emotion"].log_softmax(-1),
            logits["level"].log_softmax(-1),
        )
        parts.append([output[0, begun - start : ends - start].numpy() for output in outputs])
        begun, start = ends, stop - _OVERLAP
        if progress is not None:
            progress(begun, frames)
    return Heard(*(np.concatenate(part) for part in zip(*parts)))
