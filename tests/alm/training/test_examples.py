from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("transformers")

import torch  # noqa: E402
from toy_backends import toy_qwen2_audio  # noqa: E402

from auhead_models.alm.training.dataset import Dataset  # noqa: E402
from auhead_models.alm.training.examples import Example, collate, draw_clip, vary  # noqa: E402
from auhead_models.alm.training.settings import ALMSettings  # noqa: E402
from auhead_models.au.space import UNIT_INDEX  # noqa: E402

PLAIN = ALMSettings(told=0, mirrored=0, spoiled=0, silenced=0)


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def test_rare_emotions_come_as_often_as_others(clips):
    entries = clips.entries[:1] * 20 + clips.entries[1:3]
    many = Dataset(clips.folder, entries, clips.neutral)
    generator = draws()
    drawn = Counter(draw_clip(many, generator).utterance.emotion for _ in range(120))
    assert len(drawn) == 3 and min(drawn.values()) > 25


def test_a_clip_stays_as_it_is_where_nothing_is_varied(clips):
    example = vary(clips[1], PLAIN, 10, draws())
    assert not example.told and np.array_equal(example.clip.utterance.values, clips[1].utterance.values)


def test_sides_change_together(clips):
    contempt = next(clip for clip in clips if clip.utterance.emotion == "contempt")  # the smile of one side
    left, right = UNIT_INDEX["lip_corner_raise_left"], UNIT_INDEX["lip_corner_raise_right"]
    turned = vary(contempt, replace(PLAIN, mirrored=1), 10, draws()).clip
    assert contempt.utterance.values[:, right].max() > 0.3 > contempt.utterance.values[:, left].max()
    assert np.array_equal(turned.utterance.values[:, left], contempt.utterance.values[:, right])
    assert np.array_equal(turned.units[:, right], contempt.units[:, left])


def test_spoiled_sound_is_the_same_speech_with_noise(clips):
    clean = clips[0].speech
    for seed in range(5):
        spoiled = vary(clips[0], replace(PLAIN, spoiled=1), 10, draws(seed)).clip
        assert spoiled.speech.dtype == np.float32 and not np.array_equal(spoiled.speech, clean)
        gain = spoiled.speech @ clean / (clean @ clean)
        noise = (spoiled.speech - gain * clean).std()
        assert 0.7 < gain < 1.42 and 0.0003 < noise < 0.011
        assert np.array_equal(spoiled.utterance.values, clips[0].utterance.values)


def test_silence_comes_with_the_emotion_told(clips):
    example = vary(clips[0], replace(PLAIN, silenced=1), 10, draws())
    assert example.told and not example.clip.speech.any() and clips[0].speech.any()


def test_the_emotion_is_told_as_often_as_asked(clips):
    generator = draws()
    told = [vary(clips[0], replace(PLAIN, told=0.3), 10, generator).told for _ in range(300)]
    assert 60 < sum(told) < 120


def test_a_part_of_a_long_clip_fits_together(clips):
    """Sound, tokens and units are cut at the same frame, anywhere, and never longer than the backend hears."""
    starts = set()
    for seed in range(20):
        part = vary(clips[0], replace(PLAIN, longest=15), 1.2, draws(seed)).clip
        assert (len(part.utterance), len(part.speech), len(part.units)) == (6, 6 * 3200, 30)
        start = next(i for i in range(5) if np.array_equal(clips[0].utterance.values[i : i + 6], part.utterance.values))
        assert np.array_equal(clips[0].speech[start * 3200 :][: 6 * 3200], part.speech)
        assert np.array_equal(clips[0].units[start * 5 :][:30], part.units)
        starts.add(start)
    assert starts == {0, 1, 2, 3, 4}


def test_units_of_short_clips_end(clips):
    backend = toy_qwen2_audio()
    short = vary(clips[0], replace(PLAIN, longest=1), 10, draws())
    batch = collate(backend, [Example(clips[1]), short])
    assert batch.units.shape == (2, 50, 24)
    assert batch.units[1, :25].isfinite().all() and batch.units[1, 25:].isnan().all()
