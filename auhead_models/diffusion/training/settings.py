"""What a training is asked for; apart from the training, so that the command line knows it without diffusers."""

from dataclasses import dataclass

TRAINED_PARTS = ("adapters", "all")


@dataclass(frozen=True)
class TrainingSettings:
    """train: of TRAINED_PARTS, the AU and audio layers alone, or everything · size: pixels, a multiple of 64 · window:
    frames · audio: name of the features of the sound that the model shall hear (hearing.py), "none" for those that it
    hears already, if any · steps: of the optimizer, in all · accumulate: windows for one step · rate: of learning ·
    precision: fp32, fp16 or bf16 · every: steps between checkpoints, each with a sample · seed.
    """

    train: str = "adapters"
    size: int = 512
    window: int = 16
    audio: str = "none"
    steps: int = 10000
    accumulate: int = 1
    rate: float = 1e-5
    precision: str = "fp32"
    every: int = 500
    seed: int = 0
