"""Load AU: a performance from a file in input/auhead or output/auhead."""

import math

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
                    tooltip="A file in input/auhead, or one that Save AU wrote (marked [output]). Press R to see new "
                    "files.",
                ),
            ],
            outputs=[AUSequenceType.Output(display_name="au")],
        )

    @classmethod
    def fingerprint_inputs(cls, file: str):
        """Run again when the file changed, and whenever its name comes from another node and is not known yet."""
        if file is None:
            return math.nan
        try:
            status = performance_path(file).stat()
        except (AUHeadError, OSError):  # execute says what is wrong
            return file
        return f"{file} {status.st_mtime_ns} {status.st_size}"

    @classmethod
    def execute(cls, file: str) -> io.NodeOutput:
        if file == NOTHING:
            raise AUHeadError(
                "There is no performance to load yet; save one with Save AU, or put a file into input/auhead."
            )
        return io.NodeOutput(formats.load(performance_path(file)))
