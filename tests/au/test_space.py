import json

import numpy as np
import pytest

from auhead_models.au import space
from auhead_models.errors import AUHeadError


def test_sizes_and_order():
    assert (len(space.UNITS), len(space.EXTRAS), len(space.POSE)) == (24, 10, 6)
    for units in (space.UNITS, space.EXTRAS, space.POSE):
        assert [unit.index for unit in units] == list(range(len(units)))
    assert space.UNIT_INDEX["jaw_open"] == 8 and space.UNIT_INDEX["nose_wrinkle"] == 23
    assert space.EXTRA_INDEX["lips_together"] == 9 and space.POSE_INDEX["zoom"] == 5
    assert len(set(space.COLUMN_IDS)) == 40


def test_mirror_partners_are_mutual_and_share_region_and_range():
    for unit in space.COLUMNS:
        assert (unit.side is None) == (unit.mirror is None)
        if unit.mirror:
            partner = space.unit(unit.mirror)
            assert partner.mirror == unit.id and partner.side != unit.side
            assert (partner.region, partner.minimum, partner.maximum) == (unit.region, unit.minimum, unit.maximum)


def test_mirror_pairs_are_feafas():
    order = space.UNIT_MIRROR.tolist()
    pairs = {(k, order[k]) for k in range(24) if order[k] > k}
    assert pairs == {(0, 1), (2, 3), (4, 5), (6, 7), (9, 10), (11, 12), (13, 14)}


def test_every_region_has_columns_and_all_is_everything():
    for region in space.REGIONS:
        assert sum(mask.sum() for mask in space.region_mask(region)) > 0
    assert all(mask.all() for mask in space.region_mask("all")) and all(mask.all() for mask in space.region_mask())
    assert {unit.region for unit in space.COLUMNS} == set(space.REGIONS)


def test_column_mask_mixes_regions_and_ids():
    mask = space.column_mask(("jaw", "gaze_x"))
    assert set(np.array(space.COLUMN_IDS)[mask]) == {
        "jaw_open",
        "jaw_thrust",
        "lower_lip_slide_left",
        "lower_lip_slide_right",
        "gaze_x",
    }


def test_both_sides():
    assert space.both_sides("brow_lower") == ("brow_lower_left", "brow_lower_right")
    assert space.both_sides("jaw_open") == ("jaw_open",)


@pytest.mark.parametrize("call", [space.unit, space.region_mask, space.both_sides])
def test_unknown_names_say_what_is_known(call):
    with pytest.raises(AUHeadError, match='"ears".*use one of'):
        call("ears")


def test_table_is_plain_json():
    table = json.loads(json.dumps(space.table()))
    assert [unit["id"] for unit in table["units"]] == list(space.UNIT_INDEX)
    assert table["extras"][0]["minimum"] == -1.0
