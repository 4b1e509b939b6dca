import pytest

from auhead_models.diffusion.windows import check_window, segments, windows
from auhead_models.errors import AUHeadError


@pytest.mark.parametrize("frames", [1, 2, 15, 16, 17, 28, 29, 40, 76])
@pytest.mark.parametrize("overlap", [0, 4, 15])
def test_windows_cover_every_frame_without_wrapping(frames, overlap):
    ranges = windows(frames, 16, overlap)
    assert {frame for start, stop in ranges for frame in range(start, stop)} == set(range(frames))
    assert all(stop - start == min(16, frames) for start, stop in ranges)
    assert ranges[0][0] == 0 and ranges[-1][1] == frames
    for (_, stop), (start, _) in zip(ranges, ranges[1:]):
        assert stop - start >= overlap


@pytest.mark.parametrize("frames", [1, 16, 76, 77, 80, 150, 250, 1500])
@pytest.mark.parametrize("overlap", [0, 4])
def test_segments_join_without_gaps_and_stay_short(frames, overlap):
    parts = list(segments(frames, 16, overlap))
    fresh = [frame for part in parts for frame in range(part.start + part.known, part.stop)]
    assert fresh == list(range(frames))
    assert all(len(part) <= 16 + 5 * (16 - overlap) + 1 for part in parts)
    assert all(part.known == overlap for part in parts[1:]) and parts[0].known == 0


def test_a_segment_is_never_a_mere_tail():
    """A few frames alone would be drawn without motion around them."""
    assert min(len(part) for part in segments(78, 16, 4)) > 30


@pytest.mark.parametrize(("window", "overlap"), [(0, 0), (33, 4), (8, 8), (8, 12), (4, -1)])
def test_windows_that_cannot_be_are_told(window, overlap):
    with pytest.raises(AUHeadError):
        check_window(window, overlap, 32)
