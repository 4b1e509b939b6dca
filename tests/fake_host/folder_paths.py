"""Where files lie. Tests set the folders; nothing has a place before."""

import os

models_dir = ""
folder_names_and_paths: dict[str, tuple[list[str], set[str]]] = {}

_directories = {"input": "", "output": "", "temp": ""}


def set_input_directory(input_dir: str) -> None:
    _directories["input"] = input_dir


def set_output_directory(output_dir: str) -> None:
    _directories["output"] = output_dir


def set_temp_directory(temp_dir: str) -> None:
    _directories["temp"] = temp_dir


def get_input_directory() -> str:
    return _directories["input"]


def get_output_directory() -> str:
    return _directories["output"]


def get_temp_directory() -> str:
    return _directories["temp"]


def add_model_folder_path(folder_name: str, full_folder_path: str) -> None:
    paths, _ = folder_names_and_paths.setdefault(folder_name, ([], set()))
    if full_folder_path not in paths:
        paths.append(full_folder_path)


def get_folder_paths(folder_name: str) -> list[str]:
    return list(folder_names_and_paths.setdefault(folder_name, ([os.path.join(models_dir, folder_name)], set()))[0])


def get_full_path(folder_name: str, filename: str) -> str | None:
    """The first file of that name below the folders, or None."""
    places = (os.path.join(root, filename) for root in get_folder_paths(folder_name))
    return next((place for place in places if os.path.isfile(place)), None)


def get_filename_list(folder_name: str) -> list[str]:
    """Every file below the folders of this name, relative to them."""
    paths, _ = folder_names_and_paths[folder_name]
    found = set()
    for root in paths:
        for folder, _, names in os.walk(root, followlinks=True):
            found.update(os.path.relpath(os.path.join(folder, name), root) for name in names)
    return sorted(found)
