import json
from dataclasses import replace

import pytest

pytest.importorskip("transformers")
pytest.importorskip("accelerate")
peft = pytest.importorskip("peft")

import torch  # noqa: E402
from accelerate.state import AcceleratorState  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from toy_backends import TOYS, toy_qwen2_audio  # noqa: E402

from auhead_models.alm.training import adapters  # noqa: E402
from auhead_models.alm.training.adapters import add_adapters, save_adapters  # noqa: E402
from auhead_models.alm.training.evaluate import evaluate  # noqa: E402
from auhead_models.alm.training.examples import Example, collate  # noqa: E402
from auhead_models.alm.training.settings import ALMSettings  # noqa: E402
from auhead_models.alm.training.train import rate_at, train_alm  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402

QUICK = ALMSettings(
    rank=4, alpha=8, steps=4, batch=2, accumulate=2, rate=1e-3, precision="fp32", every=2, checked=1, held_out=0.3
)
TAUGHT = {"hidden_size": 64, "intermediate_size": 128}  # sizes of a toy that can remember eight clips


@pytest.fixture
def other_accelerator():
    """accelerate allows a process one number format only."""
    AcceleratorState._reset_state()
    yield
    AcceleratorState._reset_state()


def test_eight_clips_are_learnt_by_heart(clips, tmp_path):
    """Emotions are named and Action Units written, from the sound alone, by a fresh model that gets the LoRA folder."""
    settings = replace(
        QUICK, rank=16, alpha=64, dropout=0, steps=150, batch=8, accumulate=1, rate=4e-3, every=150, checked=8,
        held_out=0, told=0.2, mirrored=0, spoiled=0, silenced=0, checkpointing=False,
    )  # fmt: skip
    folder = train_alm(toy_qwen2_audio(taught=False, **TAUGHT), clips, tmp_path, settings)
    fresh = toy_qwen2_audio(taught=False, **TAUGHT)
    fresh.teach_tokens()
    before = evaluate(fresh, clips)
    peft.PeftModel.from_pretrained(fresh.network, folder)
    scores, free = evaluate(fresh, clips), evaluate(fresh, clips, free=True)
    assert scores.recall == scores.level_accuracy == scores.parsed == 1 and scores.frame_error == 0
    assert scores.mae <= 0.03 and scores.active_mae <= 0.05 < before.active_mae
    assert free.parsed == free.recall == 1 and free.mae <= 0.03  # the language is learnt, not only obeyed
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [150] and log[0]["mae"] == pytest.approx(scores.mae, abs=1e-4)


@pytest.mark.parametrize("name", TOYS)
def test_adapters_change_nothing_at_first_and_survive_saving(name, clips, tmp_path):
    backend, whole = TOYS[name](taught=False), TOYS[name]()
    model = add_adapters(backend, 4, 8, 0.1)
    batch = collate(whole, [Example(clips[0])]).inputs
    positions = whole.positions(batch["input_ids"], batch["attention_mask"])
    given = {**batch, "position_ids": positions}
    given.pop("labels")
    with torch.no_grad():
        untouched = whole.network(**given).logits
        assert torch.allclose(model.eval()(**given).logits, untouched, atol=1e-5)
        for weight in model.parameters():
            if weight.requires_grad:
                weight += 0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(0))
        changed = model(**given).logits
        save_adapters(model, tmp_path / "lora", {"model": "toy"})
        assert not torch.allclose(changed, untouched, atol=1e-2)
        loaded = peft.PeftModel.from_pretrained(whole.network, tmp_path / "lora").eval()
        assert torch.allclose(loaded(**given).logits, changed, atol=1e-4)
    assert sorted(path.name for path in (tmp_path / "lora").iterdir()) == [
        "adapter_config.json", "adapter_model.safetensors", "auhead.json",
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["lora"]


@pytest.mark.parametrize("name", TOYS)
def test_only_adapters_and_rows_learn(name):
    backend = TOYS[name](taught=False)
    add_adapters(backend, 4, 8, 0.1)
    learning = [key for key, weight in backend.network.named_parameters() if weight.requires_grad]
    assert all("lora_" in key or "trainable_tokens" in key for key in learning)
    for part in ("language_model", "lm_head", "proj"):
        assert any(part in key for key in learning), part
    assert not any("audio_tower.layers" in key or "visual" in key for key in learning)


def test_training_goes_on_where_it_stopped(clips, tmp_path):
    """A run that is stopped after two of four steps, with dropout, ends with the weights of one that was not."""
    whole = train_alm(toy_qwen2_audio(taught=False), clips, tmp_path / "whole", QUICK)

    def stop(done, *_):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_alm(toy_qwen2_audio(taught=False), clips, tmp_path / "parts", QUICK, stop)
    assert [path.name for path in (tmp_path / "parts" / "state").iterdir()] == ["000002.safetensors"]
    seen = []
    parts = train_alm(
        toy_qwen2_audio(taught=False), clips, tmp_path / "parts", QUICK, lambda done, *_: seen.append(done)
    )
    assert seen == [3, 4]
    ours, theirs = (load_file(path / "adapter_model.safetensors") for path in (whole, parts))
    assert ours.keys() == theirs.keys() and all(torch.allclose(ours[key], theirs[key], atol=1e-6) for key in ours)
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".pkl", ".bin", ".pt")]


def test_a_base_in_half_precision_learns_in_full(clips, tmp_path, other_accelerator):
    backend = toy_qwen2_audio(taught=False)
    backend.network.to(torch.bfloat16)
    losses = []
    settings = replace(QUICK, steps=6, every=6, precision="bf16", rate=5e-3)
    folder = train_alm(backend, clips, tmp_path, settings, lambda *step: losses.append(step[2]))
    assert losses[-1] < losses[0]
    assert {weight.dtype for weight in load_file(folder / "adapter_model.safetensors").values()} == {torch.float32}


def test_a_run_of_another_training_is_not_taken_up(clips, tmp_path):
    train_alm(toy_qwen2_audio(taught=False), clips, tmp_path, replace(QUICK, steps=1))
    with pytest.raises(AUHeadError, match="a training with rank 4, not 8; choose another"):
        train_alm(toy_qwen2_audio(taught=False), clips, tmp_path, replace(QUICK, rank=8))


def test_the_rate_rises_and_falls():
    rates = [rate_at(step, 1000) for step in range(1000)]
    assert rates[0] < 0.05 and rates[29] == 1 and max(rates) == 1 and rates[-1] < 1e-4
    assert rates[:30] == sorted(rates[:30]) and rates[30:] == sorted(rates[30:], reverse=True)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"alpha": 2}, "alpha is 2 for rank 4"),
        ({"steps": 0}, "steps is 0"),
        ({"precision": "int1"}, 'no precision "int1"'),
        ({"longest": 0.2}, "use 1 s or more"),
        ({"told": 1.5}, "told is 1.5"),
    ],
)
def test_settings_that_make_no_sense_are_told(clips, tmp_path, changes, sentence):
    with pytest.raises(AUHeadError, match=sentence):
        train_alm(toy_qwen2_audio(taught=False), clips, tmp_path / "run", replace(QUICK, **changes))
    assert not (tmp_path / "run").exists()


def test_one_number_format_for_a_process(clips, tmp_path, other_accelerator):
    train_alm(toy_qwen2_audio(taught=False), clips, tmp_path, replace(QUICK, steps=1, every=1))
    with pytest.raises(AUHeadError, match="trained in one number format cannot train in bf16"):
        train_alm(toy_qwen2_audio(taught=False), clips, tmp_path / "b", replace(QUICK, precision="bf16"))


@pytest.mark.parametrize("package", ["peft", "accelerate"])
def test_missing_packages_are_named(clips, tmp_path, monkeypatch, package):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(AUHeadError, match=f"pip install {package}"):
        train_alm(toy_qwen2_audio(taught=False), clips, tmp_path, QUICK)


def test_a_folder_that_cannot_be_written_keeps_the_older_adapters(tmp_path, monkeypatch):
    backend = toy_qwen2_audio(taught=False)
    model = add_adapters(backend, 2, 2, 0)
    save_adapters(model, tmp_path / "lora", {"steps": 1})

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model, "save_pretrained", full)
    with pytest.raises(AUHeadError, match="No space left"):
        save_adapters(model, tmp_path / "lora", {"steps": 2})
    assert json.loads((tmp_path / "lora" / adapters.ABOUT).read_text())["steps"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["lora"]
