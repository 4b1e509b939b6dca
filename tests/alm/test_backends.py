import numpy as np
import pytest
import torch

pytest.importorskip("transformers")
from toy_backends import TOYS  # noqa: E402

from auhead_models.alm.codec import decode  # noqa: E402
from auhead_models.alm.grammar import AUGrammar, GrammarProcessor, Rules  # noqa: E402
from auhead_models.alm.prompt import chat, feel_instruction, perform_instruction  # noqa: E402

FRAMES = [10, 5, 1]


@pytest.fixture(scope="module", params=TOYS)
def backend(request):
    return TOYS[request.param]()


@pytest.fixture(scope="module")
def inputs(backend):
    rng = np.random.default_rng(0)
    speeches = [rng.normal(0, 0.1, samples).astype(np.float32) for samples in (32000, 16000, 100)]
    return backend.inputs(backend.features(speeches), [perform_instruction(frames) for frames in FRAMES])


def test_a_sound_has_25_audio_tokens_a_second(backend, inputs):
    assert (inputs["input_ids"] == backend.audio_id).sum(1).tolist() == [50, 25, 1]
    assert inputs["attention_mask"].sum(1).tolist() == sorted(inputs["attention_mask"].sum(1).tolist(), reverse=True)


@torch.inference_mode()
def test_rows_with_a_cache_are_as_each_alone_without_one(backend, inputs):
    logits, cache = backend.begin(inputs)
    token = logits.argmax(1)
    mask = torch.cat((inputs["attention_mask"], torch.ones(3, 1, dtype=torch.long)), 1)
    second, _ = backend.advance(torch.cat((inputs["input_ids"], token[:, None]), 1), mask, cache)
    for row in range(3):
        kept = inputs["attention_mask"][row].bool()
        alone = {name: value[row : row + 1] for name, value in inputs.items()}
        ids = torch.cat((inputs["input_ids"][row][kept], token[row : row + 1]))[None]
        alone |= {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        assert torch.allclose(backend.begin(alone)[0][0], second[row], atol=1e-4)


@torch.inference_mode()
def test_the_processor_serves_transformers_own_generation(backend, inputs):
    grammars = [AUGrammar(Rules(frames), backend.vocabulary, backend.end) for frames in FRAMES]
    written = backend.network.generate(
        **inputs,
        max_new_tokens=max(grammar.longest for grammar in grammars) + 1,
        do_sample=False,
        logits_processor=[GrammarProcessor(grammars)],
        eos_token_id=backend.end,
        pad_token_id=0,
    )
    rows = written[:, inputs["input_ids"].shape[1] :].tolist()
    assert [len(decode(backend.vocabulary.tokens(row))) for row in rows] == FRAMES


def test_answers_come_with_labels_that_leave_the_prompt_out(backend, inputs):
    features = {name: inputs[name] for name in ("input_features", "feature_attention_mask")}
    answers = [[5, 6, 7, backend.end], [5, backend.end], [backend.end]]
    found = backend.inputs(features, ["Say it."] * 3, answers)
    assert found["labels"].shape == found["input_ids"].shape
    assert [row[row >= 0].tolist() for row in found["labels"]] == answers
    out = backend.network(**found)
    assert torch.isfinite(out.loss)


def test_prompts_are_one_text_for_all():
    assert chat(perform_instruction(12), 3).count("<|AUDIO|>") == 3
    assert "12 frames" in perform_instruction(12) and "emotion is" not in perform_instruction(12)
    assert perform_instruction(12, "joy", 2).endswith("The emotion is happy. The level is 2.")
    assert "surprised" in feel_instruction()
    assert chat("<|im_end|>", 1).count("<|im_end|>") == 2
