"""The examination of the installation and the workspace, and the fixes that lose nothing."""

from collections.abc import Iterable, Iterator

from core.errors import AppError
from core.health import contents, installation
from core.health.findings import Finding, Level


def examine() -> list[Finding]:
    """Everything that was examined, problems first."""
    order = list(reversed(Level))
    return sorted([*installation.examine(), *contents.examine()], key=lambda finding: order.index(finding.level))


def fix(findings: Iterable[Finding]) -> Iterator[tuple[Finding, str]]:
    """Apply the fixes that lose nothing. Yields each such finding with an error's sentence, or ""."""
    for finding in findings:
        if finding.fix is None:
            continue
        try:
            finding.fix()
        except (AppError, OSError) as error:
            yield finding, str(error)
        else:
            yield finding, ""
