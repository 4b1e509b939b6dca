"""Video → AU: reads the performance of a face from the frames of a video."""

from collections.abc import Iterator

import torch

from ..auhead_models.errors import AUHeadError
from ..auhead_models.face.estimate import NEUTRAL_CHOICES, estimate_sequence
from ..auhead_models.face.topology import POINTS
from ..auhead_models.pipeline import video_to_au
from ..auhead_models.threads import half_the_threads
from .host import AUSequenceType, LandmarksType, io, progress, schema, to_landmarks


class VideoToAU(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadVideoToAU",
            display_name="Video → AU",
            description="Reads expression, gaze and head motion from a video, to edit or to put on another face.",
            search_aliases=["motion capture", "face tracking", "action units", "retarget"],
            inputs=[
                io.Image.Input("frames", tooltip="The frames of a video of one person; the largest face counts."),
                io.Float.Input(
                    "fps",
                    default=25.0,
                    min=0.0,
                    max=240.0,
                    step=0.01,
                    tooltip="Frames per second of the video. Connect the fps of Get Video Components unless it is 25.",
                ),
                LandmarksType.Input(
                    "landmarks",
                    optional=True,
                    tooltip="Connect ComfyUI's Detect Face Landmarks for the same frames when the face is lost without "
                    "it; the first face of each frame counts.",
                ),
                io.Combo.Input(
                    "neutral",
                    options=list(NEUTRAL_CHOICES),
                    default="auto",
                    tooltip="Which face counts as neutral: that of the calmest moments (auto), or the first frame. "
                    "Choose the latter when the video begins with a calm face.",
                ),
            ],
            outputs=[AUSequenceType.Output(display_name="au")],
        )

    @classmethod
    def execute(cls, frames, fps: float, neutral: str, landmarks=None) -> io.NodeOutput:
        if not fps > 0:
            raise AUHeadError(f"The input fps is {fps:g}; give the frames per second of the video, for example 25.")
        if landmarks is None:
            with half_the_threads():
                return io.NodeOutput(video_to_au(_watched(frames), fps, neutral))
        unseen = torch.full((POINTS, 3), torch.nan)
        points = [faces[0] if faces else unseen for faces in to_landmarks(landmarks, frames, "frames")]
        return io.NodeOutput(estimate_sequence(torch.stack(points), fps, neutral))


def _watched(frames: torch.Tensor) -> Iterator[torch.Tensor]:
    """The pictures [H, W, 3] one by one, with progress after each."""
    report = progress(len(frames))
    for index, frame in enumerate(frames):
        yield frame[..., :3].float().cpu().expand(-1, -1, 3)
        report(index + 1, len(frames))
