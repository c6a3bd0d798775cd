"""The command line: everything that the pages do, without a browser.

Each command imports what it needs when it runs, so that `--help` answers immediately.
"""

import contextlib
import os
import sys
from collections.abc import Sequence

import click

from core.errors import AppError
from core.files.names import printable_name
from core.shell import (
    augment,
    data,
    disk,
    doctor,
    importing,
    models,
    predict,
    recipe,
    reporting,
    searching,
    sending,
    teach,
    training,
)

PROGRAM = "python -m core"
COMMANDS = (
    augment.augment,
    data.data,
    disk.disk,
    doctor.doctor,
    models.evaluate,
    models.export,
    importing.import_model,
    predict.predict,
    recipe.recipe,
    reporting.compare,
    reporting.notebook,
    reporting.report,
    sending.mlflow,
    sending.tensorboard,
    teach.teach,
    searching.search,
    training.train,
    training.runs,
    training.stop,
)


@click.group(subcommand_metavar="COMMAND", context_settings={"help_option_names": ["-h", "--help"]})
def shell() -> None:
    """Fitting Room without a browser."""


for command in COMMANDS:
    shell.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status, 0 or 1. An error that the user can fix is one line on stderr."""
    try:
        with shell.make_context(PROGRAM, list(sys.argv[1:] if arguments is None else arguments)) as context:
            return int(shell.invoke(context) or 0)
    except click.exceptions.Exit as end:  # --help
        return end.exit_code
    except click.UsageError as error:
        click.echo(_usage_line(error), err=True)
    except AppError as error:
        click.echo(error, err=True)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
    except BrokenPipeError:
        _drop_unread_output()
    except OSError as error:
        from core.files import storage_errors

        sentence = storage_errors.sentence(error) or f"{_file_of(error)}: {error.strerror or error}"
        click.echo(sentence, err=True)
    return 1


def use_utf8() -> None:
    """Print UTF-8 in every locale. Escape what UTF-8 can't encode, such as half a letter in a file name."""
    with contextlib.suppress(AttributeError, ValueError):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]


def _file_of(error: OSError) -> str:
    return printable_name(str(error.filename)) if error.filename else "The system"


def _usage_line(error: click.UsageError) -> str:
    """What is wrong with the arguments, on one line: python -m core stop: missing argument 'ID'; --help tells more."""
    path = error.ctx.command_path if error.ctx else PROGRAM
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and isinstance(error.ctx.command, click.Group):
        group = error.ctx.command
        names = ", ".join(group.list_commands(error.ctx))
        return f"{path}: {group.subcommand_metavar} must be one of {names}, got none; --help tells more."
    sentence = printable_name(" ".join(error.format_message().split()).removesuffix("."))
    return f"{path}: {sentence[:1].lower()}{sentence[1:]}{'' if sentence.endswith('?') else ';'} --help tells more."


def _drop_unread_output() -> None:
    """Discard the buffered output of a reader that has gone, or Python would complain about it on exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
