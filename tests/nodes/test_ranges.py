"""Numbers that come over a wire: ComfyUI holds only widgets against their ranges, so the nodes do it themselves."""

import math

import pytest
from auhead_plugin.auhead_models.errors import AUHeadError
from auhead_plugin.nodes import NODES
from auhead_plugin.nodes.host import check_numbers

NUMBERS = [
    (node, each)
    for node in NODES
    for each in node.define_schema().inputs
    if getattr(each, "min", None) is not None and getattr(each, "max", None) is not None
]


@pytest.mark.parametrize("node, number", NUMBERS, ids=lambda x: getattr(x, "id", getattr(x, "__name__", "")))
def test_numbers_outside_their_range_are_one_sentence(node, number):
    check_numbers(node, **{number.id: number.min})
    check_numbers(node, **{number.id: number.max})
    for wrong in (number.min - 1, number.max + 1, math.nan, math.inf):
        with pytest.raises(AUHeadError, match=f"The input {number.id} is"):
            check_numbers(node, **{number.id: wrong})
