"""Makes a template's thumbnail: the frames of one or several videos at the same moment, side by side.

python tools/workflows/thumbnail.py OUT.jpg SECONDS VIDEO [VIDEO …]
"""

import sys

import av
from PIL import Image

HEIGHT = 512


def main() -> None:
    out, seconds, *videos = sys.argv[1:]
    pictures = [frame_at(video, float(seconds)) for video in videos]
    pictures = [picture.resize((round(picture.width * HEIGHT / picture.height), HEIGHT)) for picture in pictures]
    whole = Image.new("RGB", (sum(picture.width for picture in pictures), HEIGHT))
    left = 0
    for picture in pictures:
        whole.paste(picture, (left, 0))
        left += picture.width
    whole.save(out, quality=88, optimize=True)


def frame_at(path: str, seconds: float) -> Image.Image:
    with av.open(path) as video:
        for frame in video.decode(video=0):
            if frame.time >= seconds:
                return frame.to_image()
    raise SystemExit(f"{path} is shorter than {seconds:g} s")


if __name__ == "__main__":
    main()
