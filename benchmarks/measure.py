"""What a command costs: wall time, processor time and memory, its own processes' included."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

INTERVAL = 0.05  # seconds between looks at the memory


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock, seconds of processors, and the most memory at any one time in MB."""

    wall: float
    cpu: float
    peak: float


def run(command: Sequence[str], output: Path, environment: Mapping[str, str] | None = None) -> tuple[Cost, int]:
    """Run a command from cold to its end, its standard output in a file; what it cost, and its exit code.

    The memory is the largest that a single process had: to look at several takes time from them (`memory`).
    """
    with output.open("wb") as stream:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.DEVNULL, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), process.returncode


def memory(command: Sequence[str]) -> float:
    """The most memory in MB that a command has at any one time, with all its processes.

    By what /proc says, shared pages counted once (Linux); 0 elsewhere.
    """
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, sum(map(_memory, _family(process.pid))))
        time.sleep(INTERVAL)
    return peak


def _family(pid: int) -> Iterator[int]:
    """A process and all its descendants."""
    yield pid
    with contextlib.suppress(OSError, ValueError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        for child in children.split():
            yield from _family(int(child))


def _memory(pid: int) -> float:
    """The proportional share of memory of a process, in MB; 0 if it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
