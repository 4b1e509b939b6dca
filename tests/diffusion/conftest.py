"""The face that tests of the sampler draw."""

from dataclasses import replace

import pytest
import torch

from auhead_models.face.face import Face, find_face


@pytest.fixture(scope="session")
def face(portrait) -> Face:
    """The bundled portrait's, of 64 pixels, as if it showed some of every unit by itself."""
    found = find_face(portrait).resized(64)
    return replace(found, own=torch.linspace(0, 0.4, 24), relax=0.0)
