"""The bundled model is fine-tuned as the large ones are: here one of its kind with random weights."""

import pytest

pytest.importorskip("transformers")
pytest.importorskip("accelerate")
pytest.importorskip("peft")

import torch  # noqa: E402

from auhead_models.alm.backends import bundled  # noqa: E402
from auhead_models.alm.models import open_alm  # noqa: E402
from auhead_models.alm.prompt import chat, perform_instruction  # noqa: E402
from auhead_models.alm.training.adapters import add_adapters, save_adapters  # noqa: E402
from auhead_models.alm.training.evaluate import evaluate  # noqa: E402
from auhead_models.alm.training.settings import ALMSettings  # noqa: E402
from auhead_models.alm.training.train import train_alm  # noqa: E402
from auhead_models.au.emotions import EMOTIONS  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402

EAR = {
    "d_model": 16, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 32, "num_mel_bins": 80,
    "max_source_positions": 200,
}  # fmt: skip
LANGUAGE = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2,
}  # fmt: skip


def small_bundled(**sizes):
    texts = [chat(perform_instruction(1234567890, emotion, 1), 1) for emotion in EMOTIONS]
    tokenizer = bundled.WordTokenizer(bundled.words_of(texts))
    torch.manual_seed(0)
    return bundled.make_backend(bundled.make_network(EAR, {**LANGUAGE, **sizes}, tokenizer), tokenizer)


def test_a_lora_of_the_bundled_model_is_found_again(clips, tmp_path, monkeypatch):
    settings = ALMSettings(
        rank=2, alpha=4, steps=3, batch=2, accumulate=1, rate=1e-2, precision="fp32", every=3, checked=1
    )
    trained = small_bundled()
    lora = train_alm(trained, clips, tmp_path, settings)
    monkeypatch.setattr(bundled, "open_bundled", small_bundled)
    opened = open_alm(str(lora))
    part = clips.part([0, 1])
    assert opened.vocabulary is not None and opened.name == "lora"
    ours, theirs, before = (evaluate(backend, part) for backend in (trained, opened, small_bundled()))
    assert ours.mae == pytest.approx(theirs.mae, abs=1e-6) and ours.mae != before.mae


def test_a_lora_of_another_model_is_told(tmp_path, monkeypatch):
    """It names the same model, but that one has other sizes."""
    save_adapters(add_adapters(small_bundled(), 2, 4, 0.0), tmp_path / "lora", {})
    monkeypatch.setattr(bundled, "open_bundled", lambda: small_bundled(hidden_size=48))
    with pytest.raises(AUHeadError, match="The LoRA lora belongs to another model than tiny"):
        open_alm(str(tmp_path / "lora"))
