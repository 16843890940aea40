"""The training loop of ``statueflow``: a rectified flow that predicts the clean picture, weighted as a velocity."""

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from statue_models.errors import StatueError
from statue_models.networks.statueflow import StatueFlow, landmark_heatmaps
from training.damage.draws import Draws
from training.flow.batches import Batch, draw_batch
from training.flow.checkpoint import Average, load_checkpoint, save_checkpoint
from training.flow.held_out import HeldOutScore, score_and_sheet
from training.flow.pictures import Pictures, PictureSet

#: Times are drawn as the sigmoid of a normal variable with this mean and standard deviation: mostly noisy pictures,
#: where the large forms are decided.
TIME_MEAN, TIME_SPREAD = -0.7, 0.9
#: The velocity's error is the picture's over (1 - t); near t = 1 that is bounded.
LEAST_REST = 0.1
#: Added to the hole's area when its mean error is taken, in shares of the picture, so that tiny holes do not shout.
AREA_FLOOR = 0.0075
#: Landmarks are given with errors of up to this standard deviation (shares of the side), and in a tenth not at all.
LANDMARK_ERROR, LANDMARKS_WITHHELD = 0.012, 0.1
CLIP = 1.0
WARM_UP_STEPS = 300
#: After so many steps in a row without a finite gradient, training goes on from the average; at most so many times.
BAD_STEPS, ROLLBACKS = 20, 3
LOG_SECONDS, SAVE_SECONDS = 10.0, 180.0


@dataclass(frozen=True)
class Outcome:
    """How training ended.

    Attributes:
        steps, images: made and seen.
        images_per_second: over all steps but the first.
        loss: mean of the last log interval; NaN if no step was made.
        score: on held-out pictures.
        stopped: before its time, by the user.
    """

    steps: int
    images: int
    images_per_second: float
    loss: float
    score: HeldOutScore
    stopped: bool


def flow_loss(network: Callable[..., Tensor], batch: Batch, draws: Draws, patch: int) -> Tensor:
    """Squared error of the predicted clean picture inside the damage over (1 - t)^2, the error of the velocity.

    z = t x + (1 - t) noise in the hole (Liu et al. 2022); the known region stays clean, as when sampling.
    """
    picture, mask, count = batch.picture, batch.mask, len(batch.picture)
    error = LANDMARK_ERROR * draws.uniform(count, 1, 1) * draws.normal(*batch.landmarks.shape)
    heatmaps = landmark_heatmaps(batch.landmarks + error, picture.shape[-1] // patch)
    heatmaps = heatmaps * draws.chance(1 - LANDMARKS_WITHHELD, count, 1, 1, 1)
    t = torch.sigmoid(draws.normal(count) * TIME_SPREAD + TIME_MEAN)
    share = t[:, None, None, None]
    # Beyond the stored picture, where nothing is counted, its repeated edge stands for what sampling would put there.
    z = torch.where(mask > 0, share * picture + (1 - share) * draws.normal(*picture.shape), picture)
    with torch.autocast(picture.device.type, torch.bfloat16, enabled=picture.device.type == "cuda"):
        predicted = network(z, t, torch.where(mask > 0, 0, picture), mask, heatmaps)
    squared = ((predicted.float() - picture) ** 2 * batch.counted).sum((1, 2, 3))
    area = 3 * (batch.counted.sum((1, 2, 3)) + AREA_FLOOR * picture.shape[-1] ** 2)
    return (squared / area / (1 - t).clamp(min=LEAST_REST) ** 2).mean()


def rate(peak: float, step: int, share: float) -> float:
    """Learning rate: linear warm-up over ``WARM_UP_STEPS``, cosine to zero over the run (``share`` of it is done)."""
    return peak * min(1.0, (step + 1) / WARM_UP_STEPS) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, share)))


def train(
    pictures: PictureSet,  # of one size, which is the size trained at
    output: Path,  # .safetensors; .jsonl (log) and .png (samples) go beside it
    minutes: float,  # of training, counted from the end of the first step
    batch: int,  # images per step
    seed: int = 0,
    device: torch.device | None = None,  # None = CPU
    resume: Path | None = None,  # checkpoint to go on from
    learning_rate: float | None = None,  # at its peak; None = 4e-4 afresh, 2e-4 resumed
    most_images: int | None = None,  # ends the run, too
    channels: Sequence[int] | None = None,  # of the network; None = the published one's
    blocks: int = 2,  # residual blocks per resolution
    compiled: bool = False,  # with torch.compile
    asked_to_stop: Callable[[], bool] = lambda: False,  # asked after every step
    say: Callable[[str], None] = print,  # takes progress lines
) -> Outcome:
    """Train until the time is over, write the averaged weights every few minutes and at the end, judge them.

    Raises:
        StatueError: ``weights-...`` for a file to resume from that cannot be used; ``training-diverged``;
            ``output-unwritable``; ``disk-full``; ``out-of-memory``.
    """
    device = device or torch.device("cpu")
    draws = Draws(seed, device)
    model = _network(channels, blocks, seed)
    if resume is not None:
        load_checkpoint(resume, model)
    model = model.to(device).train()
    if device.type == "cuda":
        for parameter in model.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    average = Average(model)
    peak = learning_rate or (4e-4 if resume is None else 2e-4)
    run = _Run(pictures, draws, batch, model, average, peak, compiled)
    save_checkpoint(output, model, average)  # finds out now, not in an hour, whether it can be written
    saved = logged = time.monotonic()
    began, share = None, 0.0
    with _JsonLines(output.with_suffix(".jsonl"), append=resume is not None) as log:
        log.write(event="start", seed=seed, batch=batch, device=str(device), resumed=resume is not None)
        try:
            while minutes > 0 and not asked_to_stop():
                now = time.monotonic()
                elapsed = 0.0 if began is None else now - began
                share = max(elapsed / (minutes * 60), run.images / most_images if most_images else 0.0)
                if share >= 1:
                    break
                run.step(share)
                began = began or time.monotonic()
                if time.monotonic() - logged > LOG_SECONDS or run.steps == 1:
                    logged = time.monotonic()
                    say(log.progress(run, logged - began, share))
                if time.monotonic() - saved > SAVE_SECONDS and average.finite():
                    save_checkpoint(output, model, average)
                    saved = time.monotonic()
        except torch.OutOfMemoryError:
            raise StatueError("out-of-memory") from None
        seconds = time.monotonic() - began if began else 0.0
        if run.steps > 1:
            say(log.progress(run, seconds, share))
        save_checkpoint(output, model, average)
        average.copy_to(model)
        most = 64 if device.type == "cuda" else 16
        score = score_and_sheet(model, pictures.held, most, output.with_suffix(".png"), device)
        log.write(event="end", images=run.images, psnr=score.restored, psnr_telea=score.telea)
    speed = (run.steps - 1) * batch / seconds if seconds else 0.0
    return Outcome(run.steps, run.images, speed, run.loss, score, asked_to_stop())


def _network(channels: Sequence[int] | None, blocks: int, seed: int) -> StatueFlow:
    """A network with weights that depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return StatueFlow(blocks=blocks) if channels is None else StatueFlow(channels=channels, blocks=blocks)


class _Run:
    """What changes from step to step."""

    def __init__(
        self,
        pictures: PictureSet,
        draws: Draws,
        batch: int,
        model: StatueFlow,
        average: Average,
        peak: float,
        compiled: bool,
    ) -> None:
        self.origins, self.draws, self.batch = _placed(pictures.train, draws.device), draws, batch
        self.model, self.average, self.peak = model, average, peak
        self.network = torch.compile(model) if compiled else model
        self.optimiser = self._new_optimiser()
        self.steps = self.images = self.skipped = self.bad_in_a_row = self.rollbacks = 0
        self.loss = math.nan
        self._losses: list[float] = []

    def _new_optimiser(self) -> torch.optim.Optimizer:
        fused = self.draws.device.type == "cuda"
        return torch.optim.AdamW(self.model.parameters(), self.peak, betas=(0.9, 0.95), weight_decay=0.01, fused=fused)

    def step(self, share: float) -> None:
        """One step of the optimiser, or none where the gradient is not finite."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate(self.peak, self.steps, share)
        examples = draw_batch(self.origins, self.batch, self.draws)
        loss = flow_loss(self.network, examples, self.draws, self.model.patch)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.steps += 1
        self.images += self.batch
        if bool(norm.isfinite()) and bool(loss.isfinite()):
            self.optimiser.step()
            self.average.update(self.model)
            self.bad_in_a_row = 0
            self._losses.append(float(loss.detach()))
        else:
            self.skipped += 1
            self.bad_in_a_row += 1
        self.optimiser.zero_grad(set_to_none=True)
        if self.bad_in_a_row >= BAD_STEPS:
            self._roll_back()

    def _roll_back(self) -> None:
        """Go on from the average, at half the learning rate."""
        self.rollbacks += 1
        if self.rollbacks > ROLLBACKS or not self.average.finite():
            raise StatueError("training-diverged", steps=self.steps)
        self.average.copy_to(self.model)
        self.peak /= 2
        self.optimiser = self._new_optimiser()
        self.bad_in_a_row = 0

    def take_loss(self) -> float:
        """Mean loss since the last call."""
        if self._losses:
            self.loss = sum(self._losses) / len(self._losses)
            self._losses = []
        return self.loss


def _placed(origins: list[Pictures], device: torch.device) -> list[Pictures]:
    """The pictures on the device if they take less than half of its free memory, else where they are."""
    if device.type != "cuda":
        return origins
    needed = sum(p.images.numel() for p in origins)
    return [p.to(device) for p in origins] if needed < torch.cuda.mem_get_info(device)[0] / 2 else origins


class _JsonLines:
    """The log: one JSON object per line."""

    def __init__(self, path: Path, append: bool) -> None:
        try:
            self.file = path.open("a" if append else "w", encoding="utf-8")
        except OSError as error:
            raise StatueError("output-unwritable", path=path, reason=error.strerror or str(error)) from None

    def __enter__(self) -> "_JsonLines":
        return self

    def __exit__(self, *exception: object) -> None:
        self.file.close()

    def write(self, **values: object) -> None:
        """One line, on the disk before this returns."""
        self.file.write(json.dumps(values) + "\n")
        self.file.flush()
        os.fsync(self.file.fileno())

    def progress(self, run: _Run, seconds: float, share: float) -> str:
        """Log how far a run is; returns the same as a line for a person."""
        loss = run.take_loss()
        speed = (run.steps - 1) * run.batch / seconds if run.steps > 1 and seconds > 0 else 0.0
        self.write(
            event="progress",
            step=run.steps,
            images=run.images,
            seconds=round(seconds, 1),
            images_per_second=round(speed, 1),
            loss=None if math.isnan(loss) else round(loss, 5),
            skipped=run.skipped,
        )
        skipped = f", {run.skipped} steps skipped" if run.skipped else ""
        return f"{100 * share:5.1f} %  {run.images} images, {speed:.1f} images/s, loss {loss:.4f}{skipped}"
