"""The face that the refined warp is tested with, and its models; what needs diffusers is imported where it is used."""

from dataclasses import replace

import pytest
import torch

from auhead_models.face.face import Face, find_face


@pytest.fixture(scope="session")
def face(portrait) -> Face:
    """The bundled portrait's, of 128 pixels, as if it showed a little of every unit by itself."""
    found = find_face(portrait).resized(128)
    return replace(found, own=torch.linspace(0.05, 0.2, 24), relax=0.0)


@pytest.fixture(scope="session")
def random_model():
    from toys import REFINER, draw_weights

    from auhead_models.diffusion.refined_warp import RefinerModel
    from auhead_models.diffusion.refiner import Refiner

    return RefinerModel("toy", draw_weights(Refiner(REFINER)).eval())


@pytest.fixture
def model():
    from refining import Knowing

    from auhead_models.diffusion.refined_warp import RefinerModel

    return RefinerModel("stand-in", Knowing())
