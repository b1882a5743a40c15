"""The clocks of a cell, read as `ablate` reads them (docs/measuring.md): host; on CUDA three more."""

import time
from collections.abc import Callable
from typing import Any

import torch

from samples import summarise

OTHER_SAMPLES = 20  # of the device's and the graph's clock, as in run/fixed.hpp
MOST_LAUNCH_S = 0.6e-3  # of what is queued behind a held stream, as in measure/cuda_sampler.cpp
MOST_GRAPH_S = 1e-3
HOLD_CYCLES, MOST_HOLD_CYCLES = 2**20, 2**30  # half a millisecond to half a second of a GPU's clock

Call = Callable[[], Any]


def calls_within(seconds: float, call_s: float) -> int:
    """Few choices, so that what begins and ends a batch is shared alike."""
    return next((calls for calls in (32, 16, 8, 4, 2) if calls * call_s <= seconds), 1)


def host_samples(call: Call, calls: int, wait: Call | None = None, before: Call | None = None) -> list[float]:
    """Seconds of each of `calls` calls, from the call to the end of `wait`.

    An output lives until the next one exists, as the notebook and `ablate` have it. `before` comes ahead of
    each call and is not timed.
    """
    clock = time.perf_counter_ns
    elapsed = []
    for _ in range(calls):
        if before:
            before()
        if wait:
            wait()
        start = clock()
        output = call()  # noqa: F841
        if wait:
            wait()
        elapsed.append((clock() - start) / 1e9)
    return elapsed


class Span:
    """Two events around some calls. `external`: inside a graph, where they stamp the time of each replay."""

    def __init__(self, cuda: Any, external: bool):
        self.begin, self.end = (cuda.Event(enable_timing=True, external=external) for _ in range(2))
        self.begin.record()  # creates the event, which a capture had better not do
        self.end.record()

    def seconds(self) -> float:
        return self.begin.elapsed_time(self.end) * 1e-3


class CudaClocks:
    """The device's and the graph's clock of one call.

    `flush` clears the level-2 cache ahead of each, where cold. `cuda` is torch.cuda; tests put another there.
    """

    def __init__(self, call: Call, flush: Call | None, cuda: Any = torch.cuda):
        self.call, self.flush, self.cuda = call, flush, cuda
        self.stream = cuda.Stream()  # of the graph: the default stream cannot be captured
        self.output: Any = None
        self.no_device = self.no_graph = ""
        self.launches: list[float] = []  # seconds a call, of each of the device's samples
        self.hold = HOLD_CYCLES
        launch_s, call_s = self._durations()
        self.calls = calls_within(MOST_LAUNCH_S, launch_s)
        self.graph_calls = calls_within(MOST_GRAPH_S, call_s)
        self.spans = [Span(cuda, False) for _ in range(self.calls if flush else 1)]
        self.graph_spans = [Span(cuda, True) for _ in range(self.graph_calls if flush else 1)]
        self.graph: Any = None

    def _run(self) -> None:
        self.output = self.call()

    def _durations(self) -> tuple[float, float]:
        """Of launching a call and of the call; the shortest of three, since hosts are disturbed."""
        launches, whole = [], []
        for _ in range(3):
            self.cuda.synchronize()
            begin = time.perf_counter()
            self._run()
            launches.append(time.perf_counter() - begin)
            self.cuda.synchronize()
            whole.append(time.perf_counter() - begin)
        return min(launches), min(whole)

    def _queue(self, spans: list[Span], calls: int) -> float:
        """Hot: a call that is not timed, then all between two events. Cold: each between its own, flushed.

        Gives the seconds that these calls took the thread, all together.
        """
        if self.flush is None:
            self._run()
            spans[0].begin.record()
            seconds = self._seconds_to_run(calls)
            spans[0].end.record()
            return seconds
        seconds = 0.0
        for span in spans:
            self.flush()
            span.begin.record()
            seconds += self._seconds_to_run(1)
            span.end.record()
        return seconds

    def _seconds_to_run(self, calls: int) -> float:
        begin = time.perf_counter()
        for _ in range(calls):
            self._run()
        return time.perf_counter() - begin

    def device_sample(self) -> float | None:
        """Seconds a call. The stream is held until all is queued: gaps that launching leaves do not count."""
        while self.hold <= MOST_HOLD_CYCLES:
            self.cuda._sleep(self.hold)
            launching = self._queue(self.spans, self.calls)
            too_late = self.spans[0].begin.query()  # the device came by before all was queued
            self.cuda.synchronize()
            if not too_late:
                self.launches.append(launching / self.calls)
                return sum(span.seconds() for span in self.spans) / self.calls
            self.hold *= 2
        self.no_device = "launching takes longer than the stream can be held"
        return None

    def capture(self) -> None:
        """Behind a call on the same stream, which has libraries set themselves up outside the capture."""
        with self.cuda.stream(self.stream):
            self._run()
            self.cuda.synchronize()
            graph = self.cuda.CUDAGraph()
            try:
                graph.capture_begin(capture_error_mode="thread_local")
                try:
                    self._queue(self.graph_spans, self.graph_calls)
                finally:
                    graph.capture_end()
                graph.replay()
                self.cuda.synchronize()
                self.graph = graph
            except Exception as problem:  # whatever a library thinks of being captured
                self.no_graph = f"{type(problem).__name__}: {problem}".splitlines()[0][:200]

    def graph_sample(self) -> float:
        with self.cuda.stream(self.stream):
            self.graph.replay()
            self.cuda.synchronize()
        return sum(span.seconds() for span in self.graph_spans) / self.graph_calls

    def samples(self, of_graph: bool) -> dict[str, Any]:
        """Of a record: both latencies, or why there is none."""
        found: dict[str, Any] = {}
        self.launches = []
        device = [self.device_sample() for _ in range(OTHER_SAMPLES) if not self.no_device]
        if self.no_device:
            found["no_device_latency"] = self.no_device
        else:
            found["device_latency_s"] = summarise([s for s in device if s is not None], self.calls)
            found["launch_latency_s"] = summarise(self.launches, self.calls)
        if of_graph and self.graph is None and not self.no_graph:
            self.capture()
        if not of_graph:
            self.no_graph = "runs CUDA graphs of its own"
        if self.no_graph:
            found["no_graph_latency"] = self.no_graph
        else:
            found["graph_latency_s"] = summarise([self.graph_sample() for _ in range(OTHER_SAMPLES)],
                                                 self.graph_calls)
        return found


def level_2_flush(device: torch.device) -> Call:
    """Writes twice the size of the level-2 cache."""
    size = torch.cuda.get_device_properties(device).L2_cache_size
    buffer = torch.empty(2 * size, dtype=torch.uint8, device=device)
    return buffer.zero_
