"""How long methods take: warm, from the scored cases themselves, and as whole processes."""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from statue_models.face.landmark_file import format_pts
from statue_models.face.landmarks68 import Landmarks
from training.evaluation.contenders.baselines import write_inputs
from training.evaluation.contenders.contender import Contender, Setting
from training.evaluation.scoring import Score
from training.suites.cases import Case

REPOSITORY = Path(__file__).resolve().parents[3]
#: Runs that are timed, and seconds after which one is given up; chosen.
RUNS, LIMIT = 3, 600
#: What the others' times are divided by, if it is there.
UNIT = "telea"


@dataclass(frozen=True)
class Time:
    """Seconds of one method.

    Warm (median per case, the first case left out), and as a whole process (median of three); the same over the
    unit's. NaN for what was not measured.
    """

    method: str
    warm: float
    warm_ratio: float
    whole: float
    whole_ratio: float


def times(
    contenders: Sequence[Contender], scores: Sequence[Score], case: Case, setting: Setting, whole: bool
) -> list[Time]:
    """One row per contender.

    Args:
        contenders: who. scores: of the run. case: for the whole processes. setting: of networks.
        whole: whether to start processes at all.
    """
    warm, processes = {}, {}
    for one in contenders:
        seconds = [score.seconds for score in scores if score.method == one.name]
        warm[one.name] = float(np.median(seconds[1:] or seconds))
        named = one.command if whole else None
        processes[one.name] = float("nan") if named is None else whole_process(named, case, setting)
    unit = UNIT if UNIT in warm else contenders[0].name
    return [
        Time(name, warm[name], warm[name] / warm[unit], processes[name], processes[name] / processes[unit])
        for name in warm
    ]


def whole_process(model: str, case: Case, setting: Setting) -> float:
    """Seconds of ``statue restore`` with given landmarks, from its start to its end; NaN if it fails."""
    with tempfile.TemporaryDirectory() as name:
        photo, mask = write_inputs(case, Path(name))
        points = Path(name) / "points.pts"
        points.write_text(format_pts(Landmarks.given(case.points)), encoding="utf-8")
        words = [sys.executable, "-m", "statue_models", "restore", str(photo), "--mask", str(mask), "--model", model]
        words += ["--landmarks", str(points), "--device", setting.device]
        words += [] if setting.steps is None else ["--steps", str(setting.steps)]
        taken = []
        for run in range(RUNS):
            command = [*words, "-o", str(Path(name) / f"out{run}.png")]
            start = time.perf_counter()
            done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False, timeout=LIMIT)
            taken.append(time.perf_counter() - start)
            if done.returncode:
                return float("nan")
    return float(np.median(taken))


def machine() -> dict[str, object]:
    """What the times were taken on."""
    about: dict[str, object] = {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "torch_threads": torch.get_num_threads(),
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    if hasattr(os, "getloadavg"):
        about["load"] = round(os.getloadavg()[0], 1)
    if torch.cuda.is_available():
        about["gpu"] = torch.cuda.get_device_name()
    return about


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
