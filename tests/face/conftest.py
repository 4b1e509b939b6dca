"""The rendered head as a face, found once."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from auhead_models.face.face import find_face

ASSETS = Path(__file__).parents[2] / "auhead_models" / "assets"


def picture(name: str) -> torch.Tensor:
    """A bundled picture [H, W, C], 0..1."""
    return torch.from_numpy(np.array(Image.open(ASSETS / name), dtype=np.float32) / 255)


@pytest.fixture(scope="session")
def head():
    """The rendered head: closed lips, nothing in front of the face."""
    return find_face(picture("head.png"))
