"""Still pictures in and out: files of any mode to RGB in 0..1 and alpha, and back to PNG.

Images are torch float32, RGB, [H, W, 3] in 0..1; alpha is [H, W] in 0..1, 1 = opaque.
"""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import AUHeadError
from .files import check_input

_SIXTEEN_BIT = ("I", "I;16", "I;16L", "I;16B", "I;16N")  # pillow opens 16-bit grey PNG and TIFF in one of these


def load_image(path: str | Path) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return (rgb [H, W, 3], alpha [H, W] or None when the picture has no transparency), turned upright as EXIF says.

    Raises AUHeadError when the file is missing, is not a picture or is damaged.
    """
    path = check_input(path, "picture")
    try:
        with Image.open(path) as opened:
            picture = ImageOps.exif_transpose(opened)
            if picture.mode in _SIXTEEN_BIT:
                grey = torch.from_numpy(np.array(picture, dtype=np.float32) / 65535.0).clamp(0.0, 1.0)
                return grey[..., None].repeat(1, 1, 3), None
            pixels = np.array(picture.convert("RGBA" if picture.has_transparency_data else "RGB"))
    except Image.DecompressionBombError as error:
        raise AUHeadError(f"The picture {path} is too large to open; make it smaller than 100 megapixels.") from error
    except UnidentifiedImageError as error:
        raise AUHeadError(
            f"Cannot read {path} as a picture: its content is none, whatever its name; give a PNG, JPEG or WebP file."
        ) from error
    except (OSError, SyntaxError, ValueError) as error:  # pillow's own words for foreign and damaged files
        raise AUHeadError(f"Cannot read {path} as a picture; give a PNG, JPEG or WebP file that opens.") from error
    image = torch.from_numpy(pixels).to(torch.float32) / 255.0
    return image[..., :3].contiguous(), image[..., 3].contiguous() if image.shape[-1] == 4 else None


def save_png(image: torch.Tensor, path: str | Path) -> None:
    """Write an image [H, W, 3] or, with alpha, [H, W, 4] as PNG."""
    Image.fromarray(to_bytes(image)).save(path, format="PNG")


def to_bytes(image: torch.Tensor) -> np.ndarray:
    """Image [..., C] in 0..1 to uint8, rounded, on the CPU."""
    return (image.detach().clamp(0.0, 1.0) * 255.0).round().to(device="cpu", dtype=torch.uint8).contiguous().numpy()
