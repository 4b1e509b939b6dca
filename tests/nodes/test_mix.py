import numpy as np
import pytest
from auhead_plugin.auhead_models.au import AUSequence
from auhead_plugin.auhead_models.errors import AUHeadError


@pytest.fixture
def still() -> AUSequence:
    return AUSequence.zeros(50)


def test_a_gesture_is_added_where_it_begins(nodes, still):
    (nod,) = nodes("AUHeadPreset", preset="nod", seconds=1.0)
    (mixed,) = nodes("AUHeadMix", a=still, b=nod, mode="add", start=0.4)
    assert len(mixed) == 50 and not mixed["pitch"][:10].any() and mixed["pitch"].min() < -0.1


def test_the_result_grows_when_b_ends_later(nodes, still):
    assert len(nodes("AUHeadMix", a=still, b=still, start=1.0)[0]) == 75


@pytest.mark.parametrize(
    "region, changed", [("lower face", "lip_corner_raise_left"), ("upper face", "brow_raise_left")]
)
def test_a_part_of_the_face(nodes, still, region, changed):
    loud = AUSequence.from_table(np.ones_like(still.table))
    (mixed,) = nodes("AUHeadMix", a=still, b=loud, region=region)
    other = {"lip_corner_raise_left", "brow_raise_left"} - {changed}
    assert mixed[changed].min() == 1 and not mixed[other.pop()].any() and not mixed.pose.any()


def test_choices_that_are_not_on_the_list(nodes, still):
    with pytest.raises(AUHeadError, match='The input region is "ears"'):
        nodes("AUHeadMix", a=still, b=still, region="ears")
    with pytest.raises(AUHeadError, match='"stir" is not a way to mix'):
        nodes("AUHeadMix", a=still, b=still, mode="stir")
