from auhead_models.errors import AUHeadError


def test_the_name_that_comfyui_shows_before_the_sentence_holds_no_path():
    assert f"{AUHeadError.__module__}.{AUHeadError.__qualname__}" == "auhead.AUHeadError"  # its full_type_name
