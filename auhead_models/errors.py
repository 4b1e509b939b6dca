"""The one exception for mistakes that a user can mend."""


class AUHeadError(Exception):
    """Something the user gave cannot be used.

    The message is one sentence: what happened, on which input, what to do next. The command line prints it and
    ComfyUI shows it as it is, so it never holds a stack trace or an internal name.
    """

    __module__ = "auhead"  # ComfyUI shows module and class before the message; the real module begins with a path there
