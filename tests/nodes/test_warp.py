import pytest
import torch
from auhead_plugin.auhead_models.au import AUSequence
from auhead_plugin.auhead_models.errors import AUHeadError
from auhead_plugin.auhead_models.face.face import find_face
from auhead_plugin.nodes import host


def test_a_portrait_performs(nodes, face, performance):
    frames, masks, fps = nodes("AUHeadWarp", face=face, au=performance)
    assert frames.shape == (10, 128, 128, 3) and masks.shape == (10, 128, 128) and fps == 25.0
    assert frames.is_contiguous() and masks.is_contiguous()
    assert 0 <= frames.min() and frames.max() <= 1 and (frames[0] - frames[-1]).abs().max() > 0.02


def test_a_portrait_with_alpha_gives_its_outline_as_mask(nodes, sample):
    alpha = torch.ones(1, 512, 512, 1)
    alpha[..., :60, :] = 0
    face = find_face(torch.cat([sample[0], alpha], -1), size=128)
    _, masks, _ = nodes("AUHeadWarp", face=face, au=AUSequence.zeros(2))
    assert masks[0, :, :10].max() == 0 and masks[0, :, 60:].min() == 1


@pytest.mark.parametrize("size", [1, 8, 64, 192])
def test_another_size(nodes, face, performance, size):
    assert nodes("AUHeadWarp", face=face, au=performance, size=size)[0].shape == (10, size, size, 3)


def test_performances_of_another_frame_rate_are_rendered_at_25(nodes, face):
    frames, _, fps = nodes("AUHeadWarp", face=face, au=AUSequence.zeros(20, fps=50.0))
    assert len(frames) == 10 and fps == 25.0


def test_cancel_raises_what_comfyui_expects_and_leaves_nothing_behind(nodes, face, cancel_after):
    au = AUSequence.zeros(30)
    before = nodes("AUHeadWarp", face=face, au=au)[0]
    with pytest.raises(cancel_after(2)):
        nodes("AUHeadWarp", face=face, au=au)
    assert torch.equal(nodes("AUHeadWarp", face=face, au=au)[0], before)


def test_ten_minutes_at_2048_are_refused_with_a_number(nodes, face):
    with pytest.raises(AUHeadError) as error:
        nodes("AUHeadWarp", face=face, au=AUSequence.zeros(600 * 25), size=2048)
    assert str(error.value) == (
        "15000 frames of 2048 x 2048 need 937.5 GB of memory for frames and masks, but only 21.6 GB are free; make "
        "them smaller, or cut the performance into parts."
    )


def test_comfyui_is_asked_to_drop_earlier_results_before_a_refusal(nodes, face, monkeypatch, memory):
    memory(0.0001)
    asked = []
    monkeypatch.setattr(host, "extra_ram_release", lambda target: asked.append(target) or memory(1))
    assert len(nodes("AUHeadWarp", face=face, au=AUSequence.zeros(8))[0]) == 8
    assert asked == [int(4 * 4 * 8 * 128 * 128 / 0.9)]
