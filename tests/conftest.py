"""What several tests share: the bundled samples, small versions of them, and one CPU thread for steady last digits."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import wavfile

from auhead_models.face.face import find_face
from auhead_models.face.preview import preview_payload
from auhead_models.image import load_image

ASSETS = Path(__file__).resolve().parents[1] / "auhead_models" / "assets"

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def portrait_path() -> Path:
    return ASSETS / "portrait.png"


@pytest.fixture(scope="session")
def portrait(portrait_path) -> torch.Tensor:
    """The bundled portrait, [512, 512, 3]."""
    return load_image(portrait_path)[0]


@pytest.fixture(scope="session")
def face(portrait):
    """The bundled portrait's, found once."""
    return find_face(portrait)


@pytest.fixture(scope="session")
def payload(face):
    """What the editor's live face is sent of it."""
    return preview_payload(face)


@pytest.fixture(scope="session")
def portrait_picture(portrait_path) -> Image.Image:
    return Image.open(portrait_path).convert("RGB")


@pytest.fixture(scope="session")
def speech_path() -> Path:
    return ASSETS / "speech.wav"


@pytest.fixture(scope="session")
def short_speech_path(speech_path, tmp_path_factory) -> Path:
    """0.32 s of the bundled speech: 8 frames."""
    rate, samples = wavfile.read(speech_path)
    path = tmp_path_factory.mktemp("speech") / "short.wav"
    wavfile.write(path, rate, np.ascontiguousarray(samples[rate : rate + round(0.32 * rate)]))
    return path
