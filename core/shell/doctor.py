"""The command `doctor`: an examination of the installation and the workspace."""

import click

from core.shell.output import print_json


@click.command()
@click.option("--fix", is_flag=True, help="Apply the fixes that lose nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def doctor(fix: bool, as_json: bool) -> int:
    """Examine the installation and the workspace.

    Checks Python, packages, GPU, weights, disk, and every run, model, dataset and recipe. The exit status is 1 if there
    is a problem.
    """
    from core.health import doctor as examination
    from core.health.findings import Level

    findings = examination.examine()
    if fix:
        for finding, error in examination.fix(findings):
            click.echo(f"{finding.subject}: {error or 'fixed'}", err=as_json)
        findings = examination.examine()
    for finding in findings:
        if as_json:
            print_json(
                {
                    "subject": finding.subject,
                    "level": str(finding.level),
                    "text": finding.text,
                    "remedy": finding.remedy,
                    "path": str(finding.damaged.path) if finding.damaged else None,
                }
            )
        else:
            sentences = " ".join(filter(None, (finding.text, finding.remedy)))
            click.echo(f"{finding.level:<8} {finding.subject}: {sentences}")
    return int(any(finding.level is Level.PROBLEM for finding in findings))
