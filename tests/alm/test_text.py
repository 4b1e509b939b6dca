import numpy as np
import pytest

from auhead_models.alm.codec import Utterance, encode
from auhead_models.alm.text import from_author_list, from_script, to_author_list, to_script
from auhead_models.errors import AUHeadError


def test_scripts_come_back_as_the_same_tokens(random_utterance):
    rng = np.random.default_rng(1)
    for _ in range(200):
        utterance = random_utterance(rng)
        assert encode(from_script(to_script(utterance))) == encode(utterance)


def test_a_script_reads_as_a_person_would_write_it():
    values = np.zeros((4, 24))
    values[:, 11:13], values[2:, 8] = 0.35, 0.1
    script = "0.0 s  emotion happy 2 · lip_corner_raise 0.35\n0.4 s  jaw_open 0.1\n0.8 s  end\n"
    assert to_script(Utterance("happy", 2, values)) == script
    edited = "# mine\n0 emotion joy, lip_corner_raise .35\n0.4  jaw_open 0.1  # a little\n0.8 end"
    assert encode(from_script(edited)) == encode(from_script(script))


@pytest.mark.parametrize(
    "script, sentence",
    [
        ("0.0 emotion happy 2 · jaw_open 2\n1 end", r"line 1\): jaw_open is 2"),
        ("0.0 emotion happy 2\n0.2 jaw_shut 1\n1 end", r'line 2\): "jaw_shut" is not one of the 24 units'),
        ("0.0 emotion bored\n1 end", r'line 1\): "bored" is not an emotion'),
        ("0.0 emotion happy 5\n1 end", r'line 1\): the level is "5"'),
        ("0.0 emotion happy\n0.4 jaw_open 1\n0.4 end", r"line 3\): 0.4 s does not come after"),
        ("0.0 jaw_open 1\n1 end", "names no emotion at the beginning"),
        ("0.0 emotion happy", "has no last line"),
        ("happy", r'"happy" has no time'),
        ("0.0 smile a lot\n1 end", r'"smile a lot" is not understood'),
        ("0.0 emotion happy\n1.0 emotion sad\n3 end", "changes at frame 5"),
    ],
)
def test_scripts_that_cannot_be_read(script, sentence):
    with pytest.raises(AUHeadError, match=sentence):
        from_script(script)


def test_the_first_author_s_list_there_and_back(random_utterance):
    utterance = random_utterance(np.random.default_rng(2), 20)
    text = to_author_list(utterance)
    assert text.startswith("The AU sequence for each frame of audio is: [[")
    back = from_author_list(text, utterance.emotion, utterance.level)
    assert len(back) == 20 and np.abs(back.values - utterance.values).max() <= 0.005 + 1e-6
