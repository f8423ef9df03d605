"""What becomes of an error: one sentence, an exit code, and a trace only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import typer

from shipsync.cli import boundary, options
from shipsync.errors import (
    ConfigurationError,
    DatabaseLocked,
    LockHeld,
    NeedsPerson,
    ShipsyncError,
    UsageError,
)

from .conftest import KEY


def tree_that(deed: Callable[[], None]) -> Callable[[], Any]:
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)

    @app.callback()
    def root(debug: bool = False) -> None:
        """A root that knows --debug, as shipsync's does."""

    app.command("go")(deed)
    return lambda: typer.main.get_command(app)


def fail(error: BaseException) -> Callable[[], None]:
    def deed() -> None:
        raise error

    return deed


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ShipsyncError("It failed."), 1),
        (DatabaseLocked("It is open elsewhere."), 1),
        (UsageError("It was wrong."), 2),
        (ConfigurationError("It is not set."), 2),
        (NeedsPerson("One is left."), 3),
        (LockHeld("Another is at work."), 4),
    ],
)
def test_an_error_is_its_sentence_and_its_code(
    error: ShipsyncError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert boundary.run(["go"], {}, tree_that(fail(error))) == code
    assert capsys.readouterr() == ("", f"{error}\n")


def test_success_is_silent_and_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert boundary.run(["go"], {}, tree_that(lambda: None)) == 0
    assert capsys.readouterr() == ("", "")


def test_an_exit_code_given_by_a_command_is_kept() -> None:
    assert boundary.run(["go"], {}, tree_that(fail(typer.Exit(3)))) == 3


def test_an_interrupt_says_what_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert boundary.run(["go"], {}, tree_that(fail(KeyboardInterrupt()))) == 130
    assert capsys.readouterr().err == (
        "Interrupted. What was committed is kept; the same command goes on from there.\n"
    )


def test_an_unforeseen_error_shows_its_type_and_not_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert boundary.run(["go"], {}, tree_that(fail(RuntimeError(f"header {KEY}")))) == 1

    said = capsys.readouterr().err
    assert "RuntimeError" in said
    assert "--debug" in said
    assert KEY not in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "environ"), [(["--debug", "go"], {}), (["go"], {"SHIPSYNC_DEBUG": "1"})]
)
def test_the_trace_comes_on_demand_and_without_the_key(
    words: list[str],
    environ: dict[str, str],
    set_connection: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_connection(api_key=KEY)

    def deed() -> None:
        options.account("default", None)
        raise RuntimeError(f"header {KEY}")

    assert boundary.run(words, environ, tree_that(deed)) == 1

    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "header [secret]" in said
    assert KEY not in said


@pytest.mark.parametrize("environ", [{}, {"SHIPSYNC_DEBUG": "0"}, {"SHIPSYNC_DEBUG": ""}])
def test_no_trace_unless_asked(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    boundary.run(["go"], environ, tree_that(fail(RuntimeError())))

    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere"], "No such command 'nowhere'. See `shipsync --help`."),
        (["go", "--fast"], "No such option: --fast. See `shipsync go --help`."),
        (["go", "there"], "Got unexpected extra argument(s) (there). See `shipsync go --help`."),
    ],
)
def test_a_wrong_call_is_one_sentence_that_leads_to_the_help(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert boundary.run(words, {}, tree_that(lambda: None)) == 2
    assert capsys.readouterr() == ("", f"{sentence}\n")
