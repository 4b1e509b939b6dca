import pytest
from auhead_plugin.auhead_models.errors import AUHeadError


@pytest.mark.parametrize("sample", ["Grace Hopper (photograph)", "rendered head", "another rendered head"])
def test_a_portrait_and_a_sound_come_as_comfyui_has_them(nodes, sample):
    image, audio = nodes("AUHeadExample", sample=sample)
    assert image.shape == (1, 512, 512, 3) and 0 <= image.min() < image.max() <= 1
    assert audio["waveform"].dim() == 3 and audio["waveform"].shape[2] / audio["sample_rate"] > 5


def test_an_unknown_sample(nodes):
    with pytest.raises(AUHeadError, match='The input sample is "cat"; choose one of Grace Hopper'):
        nodes("AUHeadExample", sample="cat")
