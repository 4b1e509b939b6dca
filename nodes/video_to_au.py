"""Video → AU: reads the performance of a face from the frames of a video."""

import torch

from ..auhead_models.errors import AUHeadError
from ..auhead_models.face.estimate import NEUTRAL_CHOICES, estimate_sequence
from ..auhead_models.pipeline import video_to_au
from .face import core_frames, core_points
from .host import AUSequenceType, LandmarksType, io, progress, schema


class VideoToAU(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadVideoToAU",
            display_name="Video → AU",
            description="Reads expression, gaze and head motion from a video, to edit or to put on another face.",
            search_aliases=["motion capture", "face tracking", "action units", "retarget"],
            inputs=[
                io.Image.Input("frames", tooltip="The frames of a video of one face."),
                io.Float.Input(
                    "fps",
                    default=25.0,
                    min=0.0,
                    max=240.0,
                    step=0.01,
                    tooltip="Frames a second of these frames; connect the video's own.",
                ),
                LandmarksType.Input(
                    "landmarks",
                    optional=True,
                    tooltip="Landmarks of ComfyUI's own face landmarker, if you prefer them.",
                ),
                io.Combo.Input(
                    "neutral",
                    options=list(NEUTRAL_CHOICES),
                    default="auto",
                    tooltip="Which face counts as neutral: the calmest moments (auto) or the first frame.",
                ),
            ],
            outputs=[AUSequenceType.Output(display_name="au")],
        )

    @classmethod
    @torch.inference_mode()
    def execute(cls, frames, fps: float, neutral: str, landmarks=None) -> io.NodeOutput:
        if not fps > 0:
            raise AUHeadError(f"The input fps is {fps:g}; give the frames per second of the video, for example 25.")
        if landmarks is None:
            report = progress(len(frames))
            watched = _reported(frames[..., :3].float().cpu(), report)
            return io.NodeOutput(video_to_au(watched, fps, neutral))
        missing = torch.full((478, 3), torch.nan)
        points = [core_points(faces[0]) if faces else missing for faces in core_frames(landmarks)]
        if len(points) != len(frames):
            raise AUHeadError(
                f"The input landmarks have {len(points)} frames and the video {len(frames)}; use the same frames."
            )
        return io.NodeOutput(estimate_sequence(torch.stack(points), fps, neutral))


def _reported(frames, report):
    for index, frame in enumerate(frames):
        yield frame
        report(index + 1, len(frames))
