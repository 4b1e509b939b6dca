import numpy as np
import pytest

pytest.importorskip("transformers")
from toy_backends import TOYS  # noqa: E402

from auhead_models.alm.codec import decode, encode  # noqa: E402
from auhead_models.alm.decode import Sampling, feel, write  # noqa: E402
from auhead_models.alm.grammar import Rules  # noqa: E402
from auhead_models.alm.listen import Wishes, listen  # noqa: E402
from auhead_models.au.emotions import EMOTIONS  # noqa: E402
from auhead_models.au.space import UNIT_INDEX  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402
from auhead_models.speech import Audio  # noqa: E402

RATE = 16000
SOUNDS = {
    "silence": lambda time, noise: 0 * time,
    "music": lambda time, noise: sum(np.sin(2 * np.pi * f * time) for f in (220, 277, 330)) * (np.sin(4 * time) > 0),
    "noise": lambda time, noise: noise,
    "clipped": lambda time, noise: np.clip(20 * noise, -1, 1),
}


@pytest.fixture(scope="module", params=TOYS)
def backend(request):
    return TOYS[request.param]()


def sound(kind: str = "noise", seconds: float = 3.0) -> Audio:
    time = np.arange(round(seconds * RATE)) / RATE
    noise = 0.1 * np.random.default_rng(0).standard_normal(len(time))
    return Audio(SOUNDS[kind](time, noise)[None].astype(np.float32), RATE)


def finished(writing):
    """What a generator returns, and what it yields before."""
    found = []
    while True:
        try:
            found.append(next(writing))
        except StopIteration as end:
            return end.value, found


def test_random_networks_always_write_utterances(backend):
    rng = np.random.default_rng(0)
    for seed in range(6):
        lengths = rng.integers(1, 36, 4)
        speeches = [rng.normal(0, 0.1, 3200 * n).astype(np.float32) for n in lengths]
        sampling = Sampling(temperature=1.5 * (seed % 2), seed=seed)
        answers, _ = finished(write(backend, speeches, [Rules(int(n)) for n in lengths], sampling))
        for answer, frames in zip(answers, lengths):
            assert len(decode(encode(answer.utterance))) == frames
            assert answer.emotions.shape == (8,) and answer.emotions.sum() == pytest.approx(1, abs=1e-4)


def test_frames_come_while_the_answer_is_written(backend):
    seen = []
    writing = write(backend, [np.ones(80000, np.float32)], [Rules(25)], progress=lambda *each: seen.append(each))
    (answer,), frames = finished(writing)
    assert np.array_equal(np.concatenate([part.values for part in frames]), answer.utterance.values)
    assert [part.first for part in frames] == list(np.cumsum([0] + [len(part.values) for part in frames])[:-1])
    assert seen[-1] == (25, 25) and len(seen) == answer.tokens + 1 > len(frames) > 3  # a call for every token


def test_the_same_seed_is_the_same_take(backend):
    takes = [listen(backend, sound(), Wishes(temperature=1.0, seed=seed)).values for seed in (1, 1, 2)]
    assert np.array_equal(takes[0], takes[1]) and not np.array_equal(takes[0], takes[2])


@pytest.mark.parametrize("kind", SOUNDS)
def test_any_sound_gets_an_expression_of_its_length(backend, kind):
    heard = listen(backend, sound(kind))
    assert len(heard.expression) == 75 and heard.values.shape == (15, 24) and heard.wrote_units
    assert heard.expression.spans[0].start == 0 and heard.expression.spans[-1].end == pytest.approx(3)


@pytest.mark.parametrize("seconds, frames", [(0.0001, 1), (0.1, 3), (0.21, 6)])
def test_the_shortest_sounds(backend, seconds, frames):
    assert len(listen(backend, sound(seconds=seconds)).expression) == frames


def test_silence_is_calm(backend):
    heard = listen(backend, sound("silence"))
    assert [span.emotion for span in heard.expression.spans] == ["neutral"] and not heard.expression.table.any()
    assert heard.thought == "0.0–3.0 s neutral (level 1): a calm face"


def test_long_speech_is_heard_in_parts(backend):
    done = []
    heard = listen(backend, sound(seconds=30), progress=lambda *each: done.append(each))
    assert len(heard.expression) == 750 and heard.values.shape == (150, 24)
    assert done[-1] == (150, 150) and done == sorted(done)


def test_ten_minutes(monkeypatch):
    backend = TOYS["qwen2-audio"]()
    monkeypatch.setattr(type(backend), "rows", 80)
    heard = listen(backend, sound(seconds=600), Wishes(units=()))
    assert len(heard.expression) == 15000 and len(heard.values) == 3000


def test_half_an_hour_is_the_most():
    with pytest.raises(AUHeadError, match="lasts 31 minutes; an audio-language model hears up to 30"):
        listen(None, Audio(np.zeros((1, 31 * 60 * 4000), np.float32), 4000))


def test_the_user_s_wishes_hold(backend):
    wishes = Wishes("sad", 3, ("brow_lower", "jaw_open"), {"jaw_open": 0.25}, temperature=1.5)
    heard = listen(backend, sound(seconds=12), wishes)
    assert {(span.emotion, span.level) for span in heard.expression.spans} == {("sad", 3)}
    moved = set(np.flatnonzero(heard.values.any(0)))
    assert moved <= {UNIT_INDEX[name] for name in ("brow_lower_left", "brow_lower_right", "jaw_open")}
    assert heard.values[:, UNIT_INDEX["jaw_open"]].max() <= 0.25


def test_an_unsure_model_keeps_calm(backend):
    answers, _ = finished(write(backend, [np.ones(64000, np.float32)], [Rules(20)], Sampling(calm_below=0.999)))
    assert answers[0].utterance.emotion == "neutral" and not answers[0].utterance.changes


def test_cancel_stops_at_once(backend):
    calls = []

    def cancel(done, total):
        calls.append(done)
        if len(calls) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        listen(backend, sound(seconds=6), progress=cancel)
    assert len(calls) == 5


@pytest.mark.parametrize("name", TOYS)
def test_a_model_that_knows_no_au_tokens_still_serves(name):
    backend = TOYS[name](taught=False)
    heard = listen(backend, sound(seconds=12))
    assert not heard.wrote_units and heard.tokens == 0 and len(heard.expression) == 300
    ((emotion, level, emotions),) = feel(backend, [np.ones(16000, np.float32)])
    assert emotion in EMOTIONS and level in (1, 2, 3) and emotions.sum() == pytest.approx(1, abs=1e-4)
    assert listen(backend, sound(), Wishes("angry", 3)).expression["brow_lower_left"].max() > 0.5
    assert feel(backend, [np.ones(16000, np.float32)], calm_below=1.1)[0][0] == "neutral"


def test_an_answer_that_is_no_number_is_told():
    backend = TOYS["qwen2-audio"]()
    backend.network.get_output_embeddings().weight.data[5] = np.inf
    with pytest.raises(AUHeadError, match="overflows the number format torch.float32; choose bf16"):
        listen(backend, sound(), Wishes(temperature=1.0))
