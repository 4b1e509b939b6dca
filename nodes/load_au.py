"""Load AU: a performance from a file in input/auhead or output/auhead."""

from ..auhead_models.au import formats
from ..auhead_models.errors import AUHeadError
from .host import AUSequenceType, io, performance_files, performance_path, schema

SUFFIXES = (".json", ".csv", ".txt", ".srt", ".vtt", ".tsv", ".xml")
NOTHING = "put a file into input/auhead"


class LoadAU(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        files = performance_files(SUFFIXES) or [NOTHING]
        return schema(
            node_id="AUHeadLoadAU",
            display_name="Load AU",
            description="Loads a performance: AUHead JSON, CSV, Live Link Face, Audio2Face, OpenFace, Rhubarb, emotion "
            "text, subtitles with tags.",
            search_aliases=["open performance", "live link", "arkit", "import"],
            inputs=[
                io.Combo.Input(
                    "file",
                    options=files,
                    default=files[0],
                    tooltip="A file in input/auhead, or one that Save AU wrote (marked [output]).",
                ),
            ],
            outputs=[AUSequenceType.Output(display_name="au")],
        )

    @classmethod
    def fingerprint_inputs(cls, file: str):
        """Run again when the file changed."""
        try:
            status = performance_path(file).stat()
        except (AUHeadError, OSError):
            return file
        return f"{file} {status.st_mtime_ns} {status.st_size}"

    @classmethod
    def execute(cls, file: str) -> io.NodeOutput:
        return io.NodeOutput(formats.load(performance_path(file)))
