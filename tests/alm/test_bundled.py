import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("transformers")
from safetensors.torch import save_file  # noqa: E402

from auhead_models.alm.backends import bundled  # noqa: E402
from auhead_models.alm.codec import TOKENS, decode, encode  # noqa: E402
from auhead_models.alm.decode import Sampling, write  # noqa: E402
from auhead_models.alm.grammar import Rules  # noqa: E402
from auhead_models.alm.listen import Wishes, listen  # noqa: E402
from auhead_models.alm.prompt import chat, perform_instruction  # noqa: E402
from auhead_models.au.emotions import EMOTIONS  # noqa: E402
from auhead_models.au.space import UNIT_INDEX  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402
from auhead_models.speech import Audio, load_audio, to_speech  # noqa: E402
from auhead_models.speech.encoder import EncoderConfig, SpeechEncoder  # noqa: E402
from auhead_models.speech.features import log_mel  # noqa: E402

SIZES = EncoderConfig(32, 2, 2, 64)
LANGUAGE = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[Path, Path]:
    """A bundled model with random weights: its own file and that of its encoder."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    encoder = SpeechEncoder(SIZES)
    tensors = {f"encoder.{name}": tensor.half() for name, tensor in encoder.state_dict().items()}
    save_file(tensors, folder / "speech.safetensors", {"config": json.dumps(asdict(SIZES))})
    words = bundled.words_of([chat(perform_instruction(1234567890, name, 2), 1) for name in EMOTIONS])
    tokenizer = bundled.WordTokenizer(words)
    backend = bundled.make_backend(bundled.make_network(asdict(SIZES), LANGUAGE, tokenizer), tokenizer)
    backend.calm_below = 0.25
    bundled.save_bundled(backend, folder / "alm.safetensors", LANGUAGE)
    return folder / "alm.safetensors", folder / "speech.safetensors"


@pytest.fixture(scope="module")
def backend(files):
    return bundled.open_bundled(*files)


def test_it_comes_back_as_it_was_saved(files, backend, tmp_path):
    assert backend.calm_below == 0.25 and backend.window == 10 and backend.vocabulary is not None
    bundled.save_bundled(backend, tmp_path / "again.safetensors", LANGUAGE)
    assert (tmp_path / "again.safetensors").read_bytes() == files[0].read_bytes()
    table = backend.network.get_input_embeddings().weight
    assert backend.network.get_output_embeddings().weight is table


def test_its_ears_are_the_speech_encoder(files, backend, speech_path):
    """The tower of transformers gives what the encoder of the speech model gives for the same sound."""
    speech = to_speech(load_audio(speech_path))[:96000]
    found = backend.features([speech])
    mel = log_mel(speech, 150)
    assert torch.allclose(found["input_features"][0, :, :600], mel, atol=1e-5)
    encoder = SpeechEncoder(SIZES)
    tower = bundled.parts(backend.network)["encoder"]
    encoder.load_state_dict(tower.state_dict())
    heard = {}
    projector = bundled.parts(backend.network)["projector"]
    hook = projector.register_forward_pre_hook(lambda _, args: heard.update(x=args[0]))
    with torch.inference_mode():
        backend.begin(backend.inputs(found, ["x"]))
        own = encoder(mel[None])[0]
    hook.remove()
    assert torch.allclose(heard["x"].flatten(0, -2)[:149], own[:149], atol=1e-3)


def test_prompts_are_known_words():
    words = bundled.words_of([chat(perform_instruction(1234567890, name, 2), 1) for name in EMOTIONS])
    tokenizer = bundled.WordTokenizer(words)
    for frames in (1, 47, 50):
        ids = tokenizer.encode(chat(perform_instruction(frames, "sad", 1), frames * 5))
        assert tokenizer.convert_tokens_to_ids(bundled.UNKNOWN) not in ids
        assert ids.count(tokenizer.convert_tokens_to_ids("<|AUDIO|>")) == frames * 5
    assert tokenizer.encode("hello")[0] == tokenizer.convert_tokens_to_ids(bundled.UNKNOWN)
    assert tokenizer.convert_tokens_to_ids(list(TOKENS)) == list(range(len(words), len(words) + len(TOKENS)))


def test_the_answer_has_the_time_of_the_sound(backend):
    features = backend.features([np.ones(32000, np.float32), np.ones(16000, np.float32)])
    texts = ["<|au|>", "<|emo:sad|>", "<|lvl:1|>", "<|f|>", "<|a8:3|>", "<|h2|>", "<|f|>", "<|/au|>"]
    inputs = backend.inputs(features, ["x", "x"], [backend.vocabulary.ids(texts)] * 2)
    positions = backend.positions(inputs["input_ids"], inputs["attention_mask"])
    for row in range(2):
        sound = positions[row][inputs["input_ids"][row] == backend.audio_id]
        assert sound.tolist() == list(range(int(sound[0]), int(sound[0]) + len(sound)))
        frames = (positions[row][-len(texts) :] - sound[0] - 2) / 5
        assert frames.tolist() == [0, 0, 0, 0, 0, 2, 3, 3]


def test_untrained_it_writes_utterances_too(backend):
    rng = np.random.default_rng(0)
    for seed in range(4):
        lengths = [int(n) for n in rng.integers(1, 51, 5)]
        speeches = [rng.normal(0, 0.1, 3200 * n).astype(np.float32) for n in lengths]
        writing = write(backend, speeches, [Rules(n) for n in lengths], Sampling(seed % 2 * 1.5, seed))
        while True:
            try:
                next(writing)
            except StopIteration as end:
                assert [len(decode(encode(answer.utterance))) for answer in end.value] == lengths
                break


def test_missing_weights_get_a_sentence(files, tmp_path):
    with pytest.raises(AUHeadError, match="The weights alm.safetensors are missing: install the plugin again"):
        bundled.open_bundled(tmp_path / "alm.safetensors", files[1])


@pytest.mark.skipif(not bundled.WEIGHTS.exists(), reason="the model is not trained yet")
def test_the_shipped_one_plays_the_emotion_it_is_told(speech_path):
    backend, audio = bundled.open_bundled(), load_audio(speech_path)
    for emotion, unit in (("happy", "lip_corner_raise"), ("angry", "brow_lower"), ("surprised", "brow_raise")):
        heard = listen(backend, audio, Wishes(emotion, 3))
        assert heard.expression[f"{unit}_left"].mean() > 0.3
    calm = listen(backend, audio)
    assert [span.emotion for span in calm.expression.spans] == ["neutral"]
    loudest = np.abs(audio.samples).max()
    for gain in (4, 20):
        clipped = Audio(np.clip(gain * audio.samples, -loudest, loudest), audio.sample_rate)
        assert [span.emotion for span in listen(backend, clipped).expression.spans] == ["neutral"]


def test_the_shipped_one_plays_it_to_the_end(speech_path):
    """Whatever it hears in the voice."""
    backend, audio = bundled.open_bundled(), load_audio(speech_path)
    smile = UNIT_INDEX["lip_corner_raise_left"]
    happy = listen(backend, audio, Wishes(emotion="happy", level=3)).values[:, smile]
    neutral = listen(backend, audio, Wishes(emotion="neutral")).values[:, smile]
    assert happy[3:].min() > 0.5 and neutral.max() < 0.1
