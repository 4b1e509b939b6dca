"""Save AU: writes a performance to output/auhead."""

from ..auhead_models.au import formats
from .host import AUSequenceType, io, one_of, output_path, schema, ui

FORMATS = {  # choice to suffix and the library's name of the format
    "json": (".json", "json"),
    "csv": (".csv", "csv"),
    "live link csv": (".csv", "live_link"),
    "emotions": (".txt", "emotion_text"),
}


class SaveAU(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadSaveAU",
            display_name="Save AU",
            description="Writes a performance into output/auhead, to load it again or take it to another program.",
            search_aliases=["export", "live link", "arkit"],
            is_output_node=True,
            inputs=[
                AUSequenceType.Input("au", tooltip="The performance to save."),
                io.String.Input(
                    "filename_prefix",
                    default="performance",
                    tooltip="Begins the file's name; a number follows. Write folder/name to save into a folder in "
                    "output/auhead.",
                ),
                io.Combo.Input(
                    "format",
                    options=list(FORMATS),
                    default="json",
                    tooltip="json keeps everything. Choose csv for spreadsheets, live link csv for ARKit tools, "
                    "emotions for the emotion script alone.",
                ),
            ],
            outputs=[],
        )

    @classmethod
    def execute(cls, au, filename_prefix: str, format: str) -> io.NodeOutput:
        suffix, kind = FORMATS[one_of(format, FORMATS, "format")]
        path, subfolder = output_path(filename_prefix, suffix)
        formats.save(au, path, kind)
        saved = ui.SavedResult(path.name, subfolder, io.FolderType.output)
        return io.NodeOutput(ui={"files": [saved]})
