"""The ComfyUI nodes, one file each."""

from .audio_to_au import AudioToAU
from .editor import Editor
from .example import Example
from .face import FaceFromPortrait
from .facemap import FaceMap
from .load import Load
from .load_au import LoadAU
from .mix import Mix
from .paste_back import PasteBack
from .preset import Preset
from .sampler import Sampler
from .save_au import SaveAU
from .video_to_au import VideoToAU
from .warp import Warp

NODES = [
    Example, Load, FaceFromPortrait, AudioToAU, Editor, FaceMap, Sampler, Warp, PasteBack, VideoToAU, Preset, Mix,
    LoadAU, SaveAU,
]  # fmt: skip
