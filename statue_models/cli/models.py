"""``statue models``: what ``statue restore`` can be given as ``--model`` and ``--predictor``.

What each is for, how good it is, and how to train those that are not trained.
"""

from argparse import Namespace
from collections.abc import Mapping, Sequence

from statue_models.cli import output
from statue_models.landmarks import registry as predictors
from statue_models.methods import registry


def run(options: Namespace) -> None:
    """Print the tables, or with ``--json`` everything that is known of each method and landmark predictor."""
    entries, finders = registry.descriptors(), predictors.descriptors()
    models, landmarks = [one.to_json() for one in entries], [one.to_json() for one in finders]
    if options.json:
        answer = {"default": entries[0].name, "models": models}
        output.print_json(answer | {"default_predictor": finders[0].name, "predictors": landmarks})
        return
    print("Models (--model)\n")
    _print_trained(models, "use")
    print("\nLandmark predictors (--predictor)\n")
    _print_trained(landmarks, "how")
    print("\n* the default; 'statue models --json' shows all that was measured")
    print("+ a published system, trained for minutes at 64 pixels: to be compared with, not for work")
    untrained = [one for one in [*models, *landmarks] if not one["trained"]]
    if untrained:
        print("\nNot trained yet\n")
        _print_rows([(one["name"], one.get("use", one["how"])) for one in untrained])
        print("\nTo train one, in a checkout of the project (docs/published-systems.md):")
        print("  python -m training train NAME --reduced --out runs/NAME && python -m training publish runs/NAME")


def how_well(quality: Mapping[str, Mapping[str, float]]) -> str:
    """One figure of what was measured, and on which pictures.

    Of a method PSNR in the hole in dB, and beside it that of fast marching where that was measured, too; of a landmark
    predictor the error over the distance of the outer eye corners.
    """
    for suite, figures in quality.items():
        for name, value in figures.items():
            metric, _, damage = name.partition("/")
            where = damage or suite
            if metric == "psnr":
                beside = figures.get(f"psnr_telea/{damage}")
                return f"{value:.1f} dB on {where}" + ("" if beside is None else f" (fast marching {beside:.1f})")
            if metric in ("nme", "median_nme"):
                return f"error {value:.3f} on {where}"
    return "-"


def _print_trained(entries: Sequence[Mapping[str, object]], last: str) -> None:
    """Those that are trained, the default and published networks with a sign; ``last``: the key of the last column."""
    rows = [("name", "parameters", "how well", {"use": "what it is for", "how": "how it works"}[last])]
    for number, one in enumerate(entries):
        if one["trained"]:
            count, quality = one["parameters"], one["quality"]
            assert isinstance(count, int) and isinstance(quality, Mapping)
            parameters = f"{count / 1e6:.1f} M" if count else "-"
            sign = " *" if not number else " +" if one["published"] and one["kind"] == "network" else ""
            rows.append((f"{one['name']}{sign}", parameters, how_well(quality), str(one[last])))
    _print_rows(rows)


def _print_rows(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip())
