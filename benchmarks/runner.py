"""The whole life of one confined runner: started from a warm zygote, five calls, killed, reaped."""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from grader.judge.launch import RunnerPool
from grader.judge.runner_process import RunnerProcess

SOURCE = b"def double(x):\n    return x * 2\n"
CALL = {"op": "call", "target": "double", "method": None, "kwargs": {}, "keep_last": False}


def life(pool: RunnerPool, backend: str) -> tuple[float, RunnerProcess]:
    """Milliseconds of one life, and the runner that lived it."""
    began = time.perf_counter()
    runner = pool.start(backend, "cpu", 5.0)
    runner.ask({"op": "load", "source": SOURCE, "module": "probe"})
    for _ in range(5):
        runner.ask({**CALL, "args": (np.ones((3, 4)),)})
    runner.close()
    return (time.perf_counter() - began) * 1e3, runner


def main() -> None:
    """Print a table of medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    runs = parser.parse_args().runs
    print("| backend | life ms, median | fastest | slowest | zygote boot ms | layers |")
    print("|---------|-----------------|---------|---------|----------------|--------|")
    for backend in ("numpy", "torch"):
        with RunnerPool() as pool:
            boot, runner = life(pool, backend)
            taken = [life(pool, backend)[0] for _ in range(runs)]
            layers = ", ".join(runner.layers)
            print(
                f"| {backend:<7} | {statistics.median(taken):15.1f} | {min(taken):7.1f} | "
                f"{max(taken):7.1f} | {boot:14.0f} | {layers} |"
            )


if __name__ == "__main__":
    main()
