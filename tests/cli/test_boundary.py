"""What becomes of an error: one sentence, an exit code, and a trace only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import orjson
import pytest
import typer

from shipsync.cli import boundary, options, output
from shipsync.errors import (
    ConfigurationError,
    DatabaseLocked,
    LockHeld,
    NeedsPerson,
    NotFound,
    ShipsyncError,
    UnknownConsumer,
    UnknownOrder,
    UsageError,
)

from .conftest import KEY


def tree_that(action: Callable[[], None], *, takes_json: bool = False) -> Callable[[], Any]:
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)

    @app.callback()
    def root(debug: bool = False) -> None:
        """A root that knows --debug, as shipsync's does."""

    def action_with_json(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
        action()

    app.command("go")(action_with_json if takes_json else action)
    return lambda: typer.main.get_command(app)


def fail(error: BaseException) -> Callable[[], None]:
    def action() -> None:
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ShipsyncError("It failed."), 1),
        (DatabaseLocked("It is open elsewhere."), 1),
        (UsageError("It was wrong."), 2),
        (ConfigurationError("It is not set."), 2),
        (NeedsPerson("One is left."), 3),
        (LockHeld("Another is at work."), 4),
        (UnknownOrder("There is no such order."), 5),
        (UnknownConsumer("There is no such consumer."), 5),
        (NotFound("There is no such shipment.", status=404), 5),
    ],
)
def test_an_error_is_its_sentence_and_its_code(
    error: ShipsyncError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert boundary.run(["go"], {}, tree_that(fail(error))) == code
    assert capsys.readouterr() == ("", f"{error}\n")


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (UnknownOrder("There is no such order."), "UnknownOrder", 5),
        (NeedsPerson("One is left."), "NeedsPerson", 3),
        (RuntimeError(f"header {KEY}"), "RuntimeError", 1),
        (KeyboardInterrupt(), "Interrupted", 130),
        (typer.BadParameter("'x' is no time."), "UsageError", 2),
    ],
)
def test_with_json_a_failure_is_a_document_on_standard_output(
    error: BaseException, kind: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert boundary.run(["go", "--json"], {}, tree_that(fail(error), takes_json=True)) == code
    out, err = capsys.readouterr()
    document = orjson.loads(out)
    assert document == {"error": {"type": kind, "message": err.rstrip("\n"), "exit_code": code}}


def test_a_result_that_was_printed_stays_the_only_document(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def action() -> None:
        output.show_json({"rows": 2})
        raise NeedsPerson("One is left.")

    for _ in range(2):
        assert boundary.run(["go", "--json"], {}, tree_that(action, takes_json=True)) == 3
        out, err = capsys.readouterr()
        assert (orjson.loads(out), err) == ({"rows": 2}, "One is left.\n")


def test_a_json_that_is_no_option_asks_for_no_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert boundary.run(["go", "--", "--json"], {}, tree_that(fail(ShipsyncError("No.")))) == 2
    assert capsys.readouterr().out == ""


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


def test_the_end_of_the_input_at_a_question_is_no_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert boundary.run(["go"], {}, tree_that(fail(typer.Abort()))) == 130
    assert capsys.readouterr().err == (
        "A question was left without an answer, and nothing was done. Run it again.\n"
    )


def test_what_the_system_refuses_is_told_with_its_path(capsys: pytest.CaptureFixture[str]) -> None:
    refusal = OSError(13, "Permission denied", "there/file.csv")
    assert boundary.run(["go"], {}, tree_that(fail(refusal))) == 1
    assert capsys.readouterr().err == (
        "The system refused there/file.csv: Permission denied. What was committed before it is kept; see "
        "to it and run the command again.\n"
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

    def action() -> None:
        options.account("default", None)
        raise RuntimeError(f"header {KEY}")

    assert boundary.run(words, environ, tree_that(action)) == 1

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
