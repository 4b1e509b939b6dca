"""What a training of stage 1 is asked for; apart from the training, so that the command line knows it without peft."""

from dataclasses import dataclass

PRECISIONS = ("auto", "fp32", "fp16", "bf16")  # auto: bf16 on CUDA, fp32 elsewhere


@dataclass(frozen=True)
class ALMSettings:
    """rank, alpha, dropout: of LoRA, alpha being rank or more · steps: of the optimizer, in all · batch: clips heard at
    once · accumulate: batches for one step · rate: of learning · precision: of PRECISIONS · every: steps between
    checks, each with a state to go on from · held_out: part of the clips to check on, of other persons; 0 checks on
    those that are learnt · checked: clips of a check at most · longest: seconds of a clip that are heard at once; of a
    longer one a part is drawn · told, mirrored, spoiled, silenced: how often the emotion stands in the prompt, left and
    right change sides, the sound has noise and another loudness, and it is taken away · feeling, value, auxiliary:
    weights of the loss (objective.py) · checkpointing: less memory, more time · seed.
    """

    rank: int = 32
    alpha: int = 64
    dropout: float = 0.05
    steps: int = 2000
    batch: int = 1
    accumulate: int = 16
    rate: float = 1e-4
    precision: str = "auto"
    every: int = 200
    held_out: float = 0.1
    checked: int = 16
    longest: float = 15.0
    told: float = 0.3
    mirrored: float = 0.5
    spoiled: float = 0.3
    silenced: float = 0.05
    feeling: float = 3.0
    value: float = 2.0
    auxiliary: float = 10.0
    checkpointing: bool = True
    seed: int = 0
