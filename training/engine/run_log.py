"""What a run tells: a JSON line, a TensorBoard event and a line or a bar on the terminal every few seconds."""

import json
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from statue_models.errors import StatueError
from statue_models.whole_file import whole_file
from training.engine.player_optimizer import StepResult
from training.engine.ranks import Ranks
from training.systems.system import Judgement

LOG, METRICS, EVENTS = "log.jsonl", "metrics.json", "tensorboard"
#: Seconds between two movements of the bar. Chosen.
BAR_SECONDS = 0.5


@dataclass
class Interval:
    """Means since the last line of the log."""

    images: int = 0
    seconds: float = 0.0
    skipped: int = 0
    sums: dict[str, dict[str, float]] = field(default_factory=dict)
    norms: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, results: Mapping[str, StepResult], images: int, seconds: float) -> None:
        """Count a step in: its result for each player, examples, seconds that it took."""
        self.images += images
        self.seconds += seconds
        for player, result in results.items():
            if not result.stepped:
                self.skipped += 1
                continue
            sums = self.sums.setdefault(player, {})
            for name, value in result.losses.items():
                sums[name] = sums.get(name, 0.0) + value
            self.norms[player] = self.norms.get(player, 0.0) + result.grad_norm
            self.counts[player] = self.counts.get(player, 0) + 1

    def figures(self) -> dict[str, Any]:
        """images_per_second, loss (by player), terms (by "PLAYER.TERM") and norm (by player)."""
        means = {p: {name: v / self.counts[p] for name, v in sums.items()} for p, sums in self.sums.items()}
        return {
            "images_per_second": _short(self.images / self.seconds) if self.seconds > 0 else None,
            "loss": {player: _short(sum(terms.values())) for player, terms in means.items()},
            "terms": {f"{player}.{name}": _short(v) for player, terms in means.items() for name, v in terms.items()},
            "norm": {player: _short(value / self.counts[player]) for player, value in self.norms.items()},
        }


def _short(value: float) -> float:
    """Six digits that count."""
    return float(f"{value:.6g}")


class RunLog:
    """The log of one run, in its folder and on the terminal.

    Args:
        folder: of the run; ``log.jsonl`` and ``tensorboard/`` are gone on with where ``append``, else begun.
        append: whether the run goes on.
        say: takes lines for the user.
        bar: show a bar that moves instead of lines.

    Raises:
        StatueError: ``output-unwritable``.
    """

    def __init__(self, folder: Path, append: bool, say: Callable[[str], None], bar: bool | None = None) -> None:
        self.folder, self.say = folder, say
        path = folder / LOG
        try:
            self._file = path.open("a" if append else "w", encoding="utf-8")
        except OSError as error:
            raise StatueError("output-unwritable", path=path, reason=error.strerror or str(error)) from None
        self._events = _tensorboard(folder / EVENTS)
        self._bar = _bar() if (sys.stderr.isatty() if bar is None else bar) else None
        self._moved = 0.0

    def close(self) -> None:
        """End every file and the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        if self._events is not None:
            self._events.close()
        self._file.close()

    def event(self, event: str, **values: Any) -> None:
        """One line of JSON, out of this process before this returns."""
        try:
            self._file.write(json.dumps(_plain({"event": event, **values})) + "\n")
            self._file.flush()
        except OSError as error:
            raise StatueError("disk-full", path=self.folder / LOG) from error

    def start(self, recipe: Mapping[str, Any], ranks: Ranks, images: int, resumed: bool, notes: Sequence[str]) -> None:
        """The run starts, or goes on.

        Args:
            recipe: as JSON has it.
            ranks: the processes of the run.
            images: of the whole run, until now.
            resumed: it goes on.
            notes: what the user should know.
        """
        self.event(
            "start", recipe=recipe, device=str(ranks.device), processes=ranks.world,
            images=images, resumed=resumed, notes=notes,
        )  # fmt: skip
        for note in notes:
            self.tell(note)

    def progress(
        self, interval: Interval, images: int, steps: int, share: float, left: float | None, **more: Any
    ) -> None:
        """What happened since the last call.

        Args:
            interval: the means.
            images, steps: of the whole run.
            share: of the schedule that is done.
            left: seconds, where known.
            **more: further numbers ("rate", "skipped").
        """
        figures = interval.figures()
        self.event("progress", images=images, steps=steps, share=_short(share), **figures, **more)
        if self._events is not None:
            for group in ("loss", "terms", "norm"):
                for name, value in figures[group].items():
                    self._events.add_scalar(f"{group}/{name}", value, images)
            speed = figures["images_per_second"]
            for name, value in {**more, "images_per_second": speed}.items():
                if isinstance(value, int | float):
                    self._events.add_scalar(f"run/{name}", value, images)
        line = _line(figures, images, left, more.get("skipped", 0))
        if self._bar is None:
            self.say(f"{100 * share:5.1f} %  {line}")
        else:
            self._bar.set_description_str(line, refresh=False)
            self.move(share)

    def move(self, share: float) -> None:
        """Move the bar, if there is one, and not too often."""
        if self._bar is not None and (share >= 1 or time.monotonic() - self._moved > BAR_SECONDS):
            self._moved = time.monotonic()
            self._bar.n = round(100 * min(1.0, share), 1)
            self._bar.refresh()

    def tell(self, line: str) -> None:
        """A line for the user, above the bar."""
        if self._bar is None:
            self.say(line)
        else:
            self._bar.write(line, file=sys.stderr)

    def judgement(self, judgement: Judgement, images: int) -> None:
        """A judgement: its line, its events, and the sheet as ``sheet-IMAGES.png``."""
        metrics = {name: float(value) for name, value in judgement.metrics.items()}
        self.event("judgement", images=images, metrics=metrics)
        if judgement.sheet is not None:
            write_sheet(self.folder / f"sheet-{images:09d}.png", judgement.sheet)
        if self._events is not None:
            for name, value in metrics.items():
                self._events.add_scalar(f"judgement/{name}", value, images)
            if judgement.sheet is not None:
                self._events.add_image("sheet", judgement.sheet, images, dataformats="HWC")
            self._events.flush()
        self.tell("judged: " + ", ".join(f"{name} {value:.4g}" for name, value in metrics.items()))


def write_sheet(path: Path, sheet: np.ndarray) -> None:
    """Write an (H, W, 3) uint8 RGB picture as PNG, whole or not at all."""
    content = cv2.imencode(".png", np.ascontiguousarray(sheet[..., ::-1]))[1]
    with whole_file(path, force=True) as stream:
        stream.write(content.tobytes())


def write_metrics(folder: Path, **values: Any) -> None:
    """Write ``metrics.json``, whole or not at all."""
    with whole_file(folder / METRICS, force=True) as stream:
        stream.write((json.dumps(_plain(values), indent=1) + "\n").encode())


def _plain(value: Any) -> Any:
    """The same without NaN and infinities, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _line(figures: Mapping[str, Any], images: int, left: float | None, skipped: int) -> str:
    parts = [f"{images} images"]
    if figures["images_per_second"] is not None:
        parts.append(f"{figures['images_per_second']:.1f} images/s")
    losses = figures["loss"]
    parts += [f"{'loss' if len(losses) == 1 else player} {value:.4f}" for player, value in losses.items()]
    if skipped:
        parts.append(f"{skipped} steps skipped")
    if left is not None:
        minutes, seconds = divmod(round(left), 60)
        parts.append(f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d} left")
    return ", ".join(parts)


def _tensorboard(folder: Path) -> Any:
    """A writer of TensorBoard's events, or None where that package is not: the JSON lines hold the same."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder))


def _bar() -> Any:
    """A bar of 100 parts, or None where tqdm is not."""
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=100, bar_format="{percentage:5.1f} %|{bar:20}| {desc}", dynamic_ncols=True, file=sys.stderr)
