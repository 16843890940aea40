"""``statue models``: what ``statue restore --model`` can be given, what each is for and how good, how to train it."""

from argparse import Namespace
from collections.abc import Mapping, Sequence

from statue_models.cli import output
from statue_models.methods import registry
from statue_models.methods.descriptor import MethodDescriptor


def run(options: Namespace) -> None:
    """Print the tables, or with ``--json`` everything that is known of each method."""
    entries = registry.descriptors()
    default = entries[0].name
    if options.json:
        output.print_json({"default": default, "models": [entry.to_json() for entry in entries]})
        return
    rows = [("name", "parameters", "how well", "what it is for")]
    for entry in entries:
        if entry.trained:
            name = entry.name + (" *" if entry is entries[0] else "")
            rows.append((name, _parameters(entry), how_well(entry.facts.quality), entry.use))
    _print_rows(rows)
    print("* the default; 'statue models --json' shows all that was measured")
    untrained = [entry for entry in entries if not entry.trained]
    if untrained:
        print("\nNot trained yet:\n")
        _print_rows([(entry.name, entry.use) for entry in untrained])
        print("\nTo train one, in a checkout of the project (docs/published-systems.md):")
        print("  python -m training train NAME --reduced --out runs/NAME && python -m training publish runs/NAME")


def how_well(quality: Mapping[str, Mapping[str, float]]) -> str:
    """PSNR in the hole in dB, on which pictures, and beside it that of fast marching where that was measured, too."""
    for suite, figures in quality.items():
        for name, value in figures.items():
            metric, _, damage = name.partition("/")
            if metric != "psnr":
                continue
            beside = figures.get(f"psnr_telea/{damage}")
            words = f"{value:.1f} dB on {damage or suite}"
            return words + ("" if beside is None else f" (fast marching {beside:.1f})")
    return "-"


def _parameters(entry: MethodDescriptor) -> str:
    return f"{entry.facts.parameters / 1e6:.1f} M" if entry.facts.parameters else "-"


def _print_rows(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip())
