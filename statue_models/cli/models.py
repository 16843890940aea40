"""``statue models``: what ``statue restore --model`` can be given."""

from argparse import Namespace

from statue_models.cli import output
from statue_models.methods import registry


def run(options: Namespace) -> None:
    """Print the table, or with ``--json`` everything that is known of each method."""
    entries = registry.descriptors()
    default = entries[0].name
    if options.json:
        output.print_json({"default": default, "models": [entry.to_json() for entry in entries]})
        return
    rows = [("name", "kind", "needs", "trained", "parameters", "licence", "title")]
    for entry in entries:
        name = entry.name + (" *" if entry.name == default else "")
        parameters = f"{entry.facts.parameters / 1e6:.1f} M" if entry.facts.parameters else "-"
        trained = "yes" if entry.trained else "no"
        rows.append((name, entry.kind, entry.needs, trained, parameters, entry.licence, entry.title))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip())
    print("* the default; 'statue models --json' shows the measured quality as well")
