"""AU Warp Render: the portrait performs, drawn by a geometric warp; no graphics card, no download."""

from ..auhead_models.face.warp import WarpRenderer
from ..auhead_models.threads import half_the_threads
from .host import AUSequenceType, FaceType, check_numbers, io, progress, reserve, schema


class Warp(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadWarp",
            display_name="AU Warp Render (no GPU)",
            description="Lets the portrait itself perform: it is warped, and eyes, lids, teeth and tongue are painted. "
            "Needs no graphics card.",
            search_aliases=["animate portrait", "talking head", "live portrait", "lip sync"],
            inputs=[
                FaceType.Input("face", tooltip="The face that performs."),
                AUSequenceType.Input("au", tooltip="The performance; it decides the number of frames."),
                io.Int.Input(
                    "size",
                    default=0,
                    min=0,
                    max=2048,
                    step=8,
                    tooltip="Side of the frames in pixels; 0 takes the face's. Choose 256 for a quick preview.",
                ),
            ],
            outputs=[
                io.Image.Output(display_name="frames"),
                io.Mask.Output(display_name="mask"),
                io.Float.Output(display_name="fps"),
            ],
        )

    @classmethod
    def execute(cls, face, au, size: int) -> io.NodeOutput:
        check_numbers(cls, size=size)
        au = au.resample()
        face = face.resized(size) if size else face
        count = len(au)
        shape = (count, face.size, face.size)
        frames, masks = reserve("frames and masks", (*shape, 3), shape)
        with half_the_threads():
            for index, (frame, mask) in enumerate(WarpRenderer(face).render(au, progress(count))):
                frames[index], masks[index] = frame, mask
        return io.NodeOutput(frames, masks, au.fps)
