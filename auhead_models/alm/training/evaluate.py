"""A model's answers to the clips of a dataset, and the table of how good they are."""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from ...au.sequence import Span
from ...errors import AUHeadError
from ...speech import SPEECH_RATE, Audio
from ..backends.backend import Backend
from ..chunks import cut, frames_of, join
from ..codec import Utterance, decode
from ..decode import write
from ..grammar import Rules, most_tokens
from ..listen import listen
from ..prompt import perform_instruction
from .dataset import Dataset
from .metrics import Scores, score

Progress = Callable[[int, int], None]


def answer(backend: Backend, speech: np.ndarray) -> Utterance:
    """What a model writes for speech [N] at 16 kHz of any length, under the grammar, without sampling, and sure of its
    emotion or not. One without AU tokens names the emotion, and its prototype moves with the voice.

    Of several emotions the one that lasts longest counts as that of the whole.
    """
    if backend.vocabulary is None:
        heard = listen(backend, Audio(speech, SPEECH_RATE))
        values, spans = heard.values, heard.expression.spans
    else:
        parts = [speech[part] for part in cut(speech, backend.window)]
        answers = [_finished(write(backend, [part], [Rules(frames_of(part))]))[0] for part in parts]
        values, spans = join([each.utterance for each in answers])
    return _whole(values, spans)


def _whole(values: np.ndarray, spans: Sequence[Span]) -> Utterance:
    """An utterance of one emotion: that which lasts longest."""
    longest = max(spans, key=lambda span: span.end - span.start)
    return Utterance(longest.emotion, longest.level, values)


def _finished(generator):
    """What a generator returns."""
    while True:
        try:
            next(generator)
        except StopIteration as stop:
            return stop.value


def answer_freely(backend: Backend, speech: np.ndarray) -> Utterance | None:
    """What a model writes without the grammar; None when that is no utterance of the right length. It shows whether the
    model has learnt the language."""
    parts = [_written_freely(backend, speech[part]) for part in cut(speech, backend.window)]
    if any(part is None for part in parts):
        return None
    return _whole(*join(parts))


@torch.inference_mode()
def _written_freely(backend: Backend, speech: np.ndarray) -> Utterance | None:
    """For speech within the backend's window."""
    frames = frames_of(speech)
    inputs = backend.inputs(backend.features([speech]), [perform_instruction(frames)])
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    one = torch.ones(1, 1, dtype=mask.dtype)
    logits, cache = backend.begin(inputs)
    written = []
    for _ in range(most_tokens(frames) + 1):
        token = logits.argmax(1).cpu()
        if int(token) == backend.end:
            break
        written.append(int(token))
        ids, mask = torch.cat((ids, token[:, None]), 1), torch.cat((mask, one), 1)
        logits, cache = backend.advance(ids, mask, cache)
    tokens = backend.vocabulary.tokens(written)
    if len(tokens) < len(written):
        return None
    try:
        return decode(tokens, frames)
    except AUHeadError:
        return None


def evaluate(backend: Backend, dataset: Dataset, free: bool = False, progress: Progress | None = None) -> Scores:
    """Scores of a model on all clips of a dataset; free: without the grammar, which shows what of it was learnt.

    Raises AUHeadError for a model without AU tokens that shall write freely.
    """
    if free and backend.vocabulary is None:
        raise AUHeadError(f"{backend.name} knows no AU tokens, so it writes none; give a LoRA folder trained for it.")
    answers, truths = [], []
    for done in range(len(dataset)):
        clip = dataset[done]
        answers.append(answer_freely(backend, clip.speech) if free else answer(backend, clip.speech))
        truths.append(clip.utterance)
        if progress is not None:
            progress(done + 1, len(dataset))
    return score(answers, truths)
