import math
from dataclasses import replace

import pytest

pytest.importorskip("transformers")

import torch  # noqa: E402
from toy_backends import TOYS, toy_qwen2_audio  # noqa: E402

from auhead_models.alm.codec import INDEX, TOKENS, encode  # noqa: E402
from auhead_models.alm.training.examples import Example, collate  # noqa: E402
from auhead_models.alm.training.labels import steady  # noqa: E402
from auhead_models.alm.training.objective import Objective, soft_labels, value_families  # noqa: E402
from auhead_models.alm.training.settings import ALMSettings  # noqa: E402

SHARE = float(torch.tensor(-2.0).exp())


@pytest.fixture(scope="module")
def objective():
    return Objective(toy_qwen2_audio(), ALMSettings(feeling=3.0))


def test_neighbouring_values_are_half_right():
    soft = soft_labels()
    assert torch.allclose(soft.sum(1), torch.ones(len(TOKENS)))
    row = soft[INDEX["<|a8:7|>"]]
    assert set(torch.nonzero(row)[:, 0].tolist()) == {INDEX[f"<|a8:{q}|>"] for q in (6, 7, 8)}
    assert float(row[INDEX["<|a8:6|>"]] / row[INDEX["<|a8:7|>"]]) == pytest.approx(SHARE)
    assert float(soft[INDEX["<|b2:0|>"], INDEX["<|b2:0|>"]]) == pytest.approx(1 / (1 + SHARE))
    assert float(soft[INDEX["<|lvl:2|>"], INDEX["<|lvl:3|>"]]) > 0
    assert all(float(soft[INDEX[text], INDEX[text]]) == 1 for text in ("<|f|>", "<|emo:sad|>", "<|h3|>", "<|key|>"))


def test_a_unit_knows_its_values():
    families = value_families()
    assert [TOKENS[i] for i in families[INDEX["<|a8:7|>"]]] == [f"<|a8:{q}|>" for q in range(21)]
    assert (families[INDEX["<|f|>"]] == -1).all() and (families[INDEX["<|emo:sad|>"]] == -1).all()


def test_losses_of_tokens_by_hand(objective):
    first = objective._offset
    width = first + len(TOKENS)
    label = torch.tensor([first + INDEX["<|a8:10|>"], first + INDEX["<|emo:sad|>"], 2])
    sure = torch.full((3, width), -30.0)
    sure[torch.arange(3), label] = 30.0
    far = sure.clone()
    far[0, label[0]], far[0, first + INDEX["<|a8:16|>"]] = -30.0, 30.0
    assert float(objective.token_losses(sure, label)[1]) == pytest.approx(0, abs=1e-5)
    assert float(objective.token_losses(far, label)[1]) == pytest.approx(0.3, abs=1e-5)
    wrong = sure.clone()
    wrong[1] = 0
    added = objective.token_losses(wrong, label)[0] - objective.token_losses(sure, label)[0]
    assert float(added) == pytest.approx(3 * math.log(width) / 5, rel=1e-4)  # weights 1, 3 and 1


@pytest.mark.parametrize("name", TOYS)
def test_only_the_answer_is_learnt(name, clips):
    backend = TOYS[name]()
    batch = collate(backend, [Example(clips[0]), Example(clips[5], told=True)])
    for row, index in enumerate((0, 5)):
        labels = batch.inputs["labels"][row]
        written = replace(clips[index].utterance, values=steady(clips[index].utterance.values))
        answer = [*backend.vocabulary.ids(encode(written)), backend.end]
        assert labels[labels >= 0].tolist() == answer
        assert batch.inputs["input_ids"][row, labels >= 0].tolist() == answer
    prompts = [
        backend.tokenizer.decode(row[mask > 0])
        for row, mask in zip(batch.inputs["input_ids"], batch.inputs["attention_mask"])
    ]
    assert "The emotion is neutral. The level is 3." in prompts[1] and "The emotion is" not in prompts[0]
    assert "10 frames" in prompts[0]


@pytest.mark.parametrize("name", TOYS)
def test_short_logits_are_those_of_the_network(name, clips):
    """Catching embeddings and cutting logits changes no loss, and leaves no hook behind."""
    backend = TOYS[name]()
    objective = Objective(backend, ALMSettings()).eval()
    batch = collate(backend, [Example(clips[0]), Example(clips[5])])
    with torch.no_grad():
        losses = objective(batch)
        inputs = {key: value for key, value in batch.inputs.items() if key != "labels"}
        positions = backend.positions(inputs["input_ids"], inputs["attention_mask"])
        logits = backend.network(**inputs, position_ids=positions).logits
    assert logits.shape[1] == inputs["input_ids"].shape[1]
    labels = batch.inputs["labels"][:, 1:]
    tokens, value = objective.token_losses(logits[:, :-1][labels >= 0].float(), labels[labels >= 0])
    assert torch.allclose(losses["tokens"], tokens, atol=1e-5) and torch.allclose(losses["value"], value, atol=1e-6)
    known = batch.units[~batch.units[..., 0].isnan()]
    assert float(losses["auxiliary"]) == pytest.approx(float(known.square().mean()), rel=1e-4)  # the head begins at 0


def test_the_ear_learns_from_the_units(clips):
    """The auxiliary loss alone reaches the projector."""
    backend = toy_qwen2_audio()
    objective = Objective(backend, ALMSettings())
    torch.nn.init.normal_(objective.units_head.weight)
    objective(collate(backend, [Example(clips[0])]))["auxiliary"].backward()
    touched = {name for name, weight in backend.network.named_parameters() if weight.grad is not None}
    assert any("projector" in name for name in touched) and not any(
        "layers.1.mlp" in name and "language" in name for name in touched
    )
