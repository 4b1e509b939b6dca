"""The command line as tests call it."""

import math

import pytest

from auhead_models import cli_progress
from auhead_models.cli import main


@pytest.fixture(autouse=True)
def no_progress(monkeypatch):
    """However slow the machine is."""
    monkeypatch.setattr(cli_progress, "REPORT_SECONDS", math.inf)


@pytest.fixture
def run(capsys):
    """Runs a command; gives its exit status and the lines that it wrote for a person."""

    def command(*arguments) -> tuple[int, list[str]]:
        code = main([str(argument) for argument in arguments])
        return code, capsys.readouterr().err.splitlines()

    return command
