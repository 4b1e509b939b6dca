"""What is learnt: to write the AU tokens of an utterance after its prompt.

    loss = cross entropy + value · |expected value - true value| + auxiliary · squared error of the 25 Hz units

* Neighbouring values are not equally wrong: the target of a value token is a Gaussian over the values of its unit, with
  one step beside it at exp(-2); so it is for emotional levels.
* The expected value under a unit's 21 tokens is pulled to the true one, which says how far off a wrong token is.
* Emotion and level are two tokens of many, yet everything after them depends on them: they weigh `feeling`.
* A linear layer reads the units from the sound as the language model gets it, at 25 frames per second, so that the
  projector learns what matters before the tokens do. It is left behind after the training.

Prompts and chat headers are not learnt (their labels are -100).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from ...au.space import UNITS
from ..backends.backend import Backend
from ..codec import STEPS, TABLE, Token
from .examples import Batch
from .settings import ALMSettings

_NEIGHBOUR = 0.5  # standard deviation of the soft labels, in steps
_LANGUAGE_MODEL = re.compile(r"^(?!.*(audio_tower|visual)).*\.layers$")


def _family(token: Token) -> tuple | None:
    """What tokens that differ by their number alone have in common; None for words without a number."""
    return (token.kind, token.units) if token.kind in ("change", "level") else None


def soft_labels() -> torch.Tensor:
    """[653, 653]: for each AU token what is asked for instead of it, rows of sum 1."""
    table = torch.zeros(len(TABLE), len(TABLE))
    for row, token in enumerate(TABLE):
        family = _family(token)
        for column, other in enumerate(TABLE):
            apart = abs(token.number - other.number) if family and family == _family(other) else None
            if row == column or apart == 1:
                table[row, column] = torch.tensor(-0.5 * ((apart or 0) / _NEIGHBOUR) ** 2).exp()
    return table / table.sum(1, keepdim=True)


def value_families() -> torch.Tensor:
    """[653, 21]: for each value token the indices of its unit's tokens by value; -1 for the other tokens."""
    table = torch.full((len(TABLE), STEPS + 1), -1)
    members: dict[tuple, torch.Tensor] = {}
    for index, token in enumerate(TABLE):
        if token.kind == "change":
            members.setdefault(token.units, torch.full((STEPS + 1,), -1))[token.number] = index
    for index, token in enumerate(TABLE):
        if token.kind == "change":
            table[index] = members[token.units]
    return table


class Objective(nn.Module):
    """A backend's network as a module whose output is the losses of a batch: total, tokens, value, auxiliary.

    The network is called as a whole; what it hands from part to part is caught on the way, so that one class serves all
    backends and versions of transformers.
    """

    def __init__(self, backend: Backend, settings: ALMSettings):
        super().__init__()
        self.network, self.settings = backend.network, settings
        self._positions, self._audio_id, self._offset = backend.positions, backend.audio_id, backend.vocabulary.offset
        width = backend.network.get_input_embeddings().weight.shape[1]
        self.units_head = nn.Linear(width, len(UNITS))
        nn.init.zeros_(self.units_head.weight)
        nn.init.zeros_(self.units_head.bias)
        self.register_buffer("soft", soft_labels(), persistent=False)
        self.register_buffer("families", value_families(), persistent=False)
        feelings = [settings.feeling if token.kind in ("emotion", "level") else 1.0 for token in TABLE]
        self.register_buffer("weights", torch.tensor(feelings), persistent=False)
        layers = next(name for name, _ in self.network.named_modules() if _LANGUAGE_MODEL.match(name))
        self._language_model = layers.rpartition(".")[0]

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        inputs = dict(batch.inputs)
        labels = inputs.pop("labels")
        inputs["input_features"] = inputs["input_features"].to(self.network.get_input_embeddings().weight.dtype)
        answer = int((labels >= 0).sum(1).max()) + 1
        with self._caught(answer) as caught:
            positions = self._positions(inputs["input_ids"], inputs["attention_mask"])
            logits = self.network(**inputs, position_ids=positions, use_cache=False, return_dict=True).logits
        logits, labels = logits[:, :-1].float(), labels[:, 1 - answer :]
        tokens, value = self.token_losses(logits[labels >= 0], labels[labels >= 0])
        auxiliary = self._auxiliary(caught["embeddings"], inputs["input_ids"] == self._audio_id, batch.units)
        weights = self.settings
        total = tokens + weights.value * value + weights.auxiliary * auxiliary
        return {"total": total, "tokens": tokens, "value": value, "auxiliary": auxiliary}

    @contextmanager
    def _caught(self, answer: int) -> Iterator[dict[str, torch.Tensor]]:
        """Keeps the embeddings [B, L, D] that the language model gets, and lets only the last `answer` positions have
        logits: those of a long prompt over a large vocabulary would take gigabytes. Rows are padded on the left, so
        that answers are at the end."""
        caught = {}

        def hear(module: nn.Module, args: tuple, kwargs: dict) -> None:
            caught["embeddings"] = kwargs["inputs_embeds"]

        def shorten(module: nn.Module, args: tuple) -> tuple:
            return (args[0][:, -answer:], *args[1:])

        language_model = self.network.get_submodule(self._language_model)
        hooks = [
            language_model.register_forward_pre_hook(hear, with_kwargs=True),
            self.network.get_output_embeddings().register_forward_pre_hook(shorten),
        ]
        try:
            yield caught
        finally:
            for hook in hooks:
                hook.remove()

    def token_losses(self, logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Weighted cross entropy against soft labels, and the mean error of the expected values (0..1), of logits
        [n, V] and labels [n]."""
        ours = (labels >= self._offset) & (labels < self._offset + len(TABLE))
        index = (labels - self._offset).clamp(0, len(TABLE) - 1)
        au_logits = logits[:, self._offset : self._offset + len(TABLE)]
        soft = (self.soft[index] * au_logits).sum(1)
        hard = logits.gather(1, labels[:, None])[:, 0]
        weight = torch.where(ours, self.weights[index], torch.ones_like(hard))
        entropy = logits.logsumexp(1) - torch.where(ours, soft, hard)
        family = self.families[index]
        valued = ours & (family[:, 0] >= 0)
        if not valued.any():
            return (weight * entropy).sum() / weight.sum(), entropy.new_zeros(())
        family = family[valued]
        chance = au_logits[valued].gather(1, family).softmax(1)
        steps = torch.arange(STEPS + 1, device=chance.device, dtype=chance.dtype) / STEPS
        true = steps[(family == index[valued, None]).long().argmax(1)]
        return (weight * entropy).sum() / weight.sum(), ((chance * steps).sum(1) - true).abs().mean()

    def _auxiliary(self, heard: torch.Tensor, audio: torch.Tensor, units: torch.Tensor) -> torch.Tensor:
        """Squared error of the units that are read from the embeddings [B, L, D] of the sound; audio [B, L]: where
        these are."""
        errors = []
        for embeddings, target in zip((row[where] for row, where in zip(heard, audio)), units):
            target = target[: len(embeddings)]
            known = ~target[:, 0].isnan()
            read = self.units_head(embeddings[: len(target)][known].to(self.units_head.weight.dtype))
            errors.append((read - target[known]).square().mean())
        return torch.stack(errors).mean()
