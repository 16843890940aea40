"""The result does not depend on how many threads the libraries would use, nor do callers find that number changed."""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import cv2
import pytest
from bundled_example import EXAMPLE
from threadpoolctl import threadpool_info

from statue_models.threads import THREADS, one_thread, one_torch_thread

REPOSITORY = Path(__file__).parents[1]
MODELS = ["statuefit", *(["statueflow"] if find_spec("torch") else [])]

#: Restores the example at a third of its size, with as many threads in OpenCV and PyTorch as it is told, and prints
#: what came out and how many they use afterwards.
RESTORE = """
import hashlib, json, sys
import cv2
from bundled_example import example
from statue_models.request import RestorationRequest
from statue_models.restoring.restorer import Restorer

threads, models = int(sys.argv[1]), sys.argv[2:]
cv2.setNumThreads(threads)
if "statueflow" in models:
    import torch

    torch.set_num_threads(threads)  # by itself it takes no more than there are cores
request = dict(image=example("damaged.jpg", 3), mask=example("mask.png", 3), variants=4)
answer = {}
for model in models:
    made = Restorer().restore(RestorationRequest(model=model, **request))
    pixels = hashlib.sha256(b"".join(variant.pixels.tobytes() for variant in made.variants)).hexdigest()
    answer[model] = [pixels, made.record["method"]["notes"], made.landmarks.points.tolist()]
threads_after = {"opencv": cv2.getNumThreads()}
if "statueflow" in models:
    threads_after["torch"] = torch.get_num_threads()
print(json.dumps({"answer": answer, "threads": threads_after}))
"""


def restored_with(threads):
    variables = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    path = os.pathsep.join([str(REPOSITORY), str(Path(__file__).parent)])
    words = [sys.executable, "-c", RESTORE, str(threads), *MODELS]
    done = subprocess.run(words, env=os.environ | variables | {"PYTHONPATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_any_number_of_threads_gives_the_same_bytes_and_is_left_as_it_was():
    one, *others = (restored_with(threads) for threads in (1, 2, 4))
    for threads, other in zip((2, 4), others, strict=True):
        assert other["answer"] == one["answer"], f"{threads} threads"
        assert set(other["threads"].values()) == {threads}, "the caller's own settings"


@pytest.fixture
def three_threads():
    """In OpenCV, as a caller may have asked for."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    yield 3
    cv2.setNumThreads(before)


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_a_restoration_uses_one_thread_and_puts_the_callers_number_back(restorer, request_, three_threads):
    before, seen = blas_threads(), []
    made = restorer.restore(request_, lambda phase, share: seen.append(cv2.getNumThreads()))
    assert set(seen) == {1}
    assert cv2.getNumThreads() == three_threads and blas_threads() == before
    assert made.record["engine"]["threads"] == THREADS == {"blas": 1, "opencv": 1, "torch": 1}


def test_so_does_the_search_for_landmarks(restorer, request_, three_threads):
    seen = []
    restorer.find_landmarks(request_.image, progress=lambda phase, share: seen.append(cv2.getNumThreads()))
    assert set(seen) == {1} and cv2.getNumThreads() == three_threads


def test_the_number_is_put_back_after_an_error(three_threads):
    with pytest.raises(ZeroDivisionError), one_thread():
        raise ZeroDivisionError
    assert cv2.getNumThreads() == three_threads


def test_whoever_ends_last_puts_the_number_back(three_threads):
    inside, may_end = threading.Event(), threading.Event()

    def other():
        with one_thread():
            inside.set()
            may_end.wait(10)

    thread = threading.Thread(target=other)
    with one_thread():
        thread.start()
        assert inside.wait(10)
    assert cv2.getNumThreads() == 1, "the other one still works"
    may_end.set()
    thread.join(10)
    assert cv2.getNumThreads() == three_threads


def test_pytorch_gets_its_number_back_too():
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with one_torch_thread():
            assert torch.get_num_threads() == 1
            with one_torch_thread():
                assert torch.get_num_threads() == 1
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_pytorch_is_loaded_only_where_it_is_used():
    check = "import sys, statue_models.restoring.restorer; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], cwd=REPOSITORY, check=True)


@pytest.mark.nightly
@pytest.mark.parametrize("model", MODELS)
def test_two_processes_at_once_take_no_longer_than_one_after_the_other(model, tmp_path):
    """Medians of alternating runs, and a wide bound, because machines are shared."""

    def seconds(count):
        words = [sys.executable, "-m", "statue_models", "restore", str(EXAMPLE / "damaged.jpg"), "--model", model]
        words += ["--mask", str(EXAMPLE / "mask.png"), "--quiet", "--force", "-o"]
        start = time.perf_counter()
        running = [subprocess.Popen([*words, str(tmp_path / f"{n}.png")], cwd=REPOSITORY) for n in range(count)]
        assert [process.wait() for process in running] == [0] * count
        return time.perf_counter() - start

    seconds(1)  # reads the files into the system's cache
    alone, both = (
        statistics.median(times) for times in zip(*((seconds(1), seconds(2)) for _ in range(3)), strict=True)
    )
    assert both < 1.5 * (2 * alone), f"alone {alone:.2f} s, two at once {both:.2f} s"
