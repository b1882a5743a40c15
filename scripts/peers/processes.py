"""Other programs: called for what they print, or kept and asked in JSON, a line each. No torch here."""

import json
import os
import queue
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

from rounds import Trouble

Json = dict[str, Any]


def call(command: list[str], log: Path, good: tuple[int, ...],
         environment: dict[str, str] | None = None) -> str:
    """Standard output; the rest goes to `log`."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
    except OSError as problem:
        raise Trouble(f"{command[0]}: {problem.strerror}; allowed: a program that runs") from problem
    log.write_text(f"$ {' '.join(command)}\n{done.stderr}\n{done.stdout}", encoding="utf-8")
    if done.returncode not in good:
        last = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise Trouble(f"{' '.join(command)}\nended with exit code {done.returncode}:\n{last}")
    return done.stdout


class Lost(Exception):
    """The worker is gone, or does not answer; says which."""


class Worker:
    """A contender's process. Asked one thing at a time; ended by `close`, or by a question it leaves open."""

    def __init__(self, command: list[str], log: Path, environment: dict[str, str], patience_s: float):
        self.patience_s, self.log = patience_s, log
        with open(log, "w", encoding="utf-8") as errors:
            try:
                # In a session of its own: its compilers end with it.
                self.process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                    env=environment, start_new_session=True)
            except OSError as problem:
                why = f"{command[0]}: {problem.strerror}; allowed: an interpreter that runs"
                raise Trouble(why) from problem
        self.answers: queue.Queue[str] = queue.Queue()
        self.lost = ""
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.answers.put(line)
        self.answers.put("")  # the end: no answer is an empty line

    def ask(self, what: str, **more: Any) -> Json:
        if self.lost:
            raise Lost(self.lost)
        assert self.process.stdin
        try:
            self.process.stdin.write(json.dumps({"ask": what, **more}) + "\n")
            self.process.stdin.flush()
            line = self.answers.get(timeout=self.patience_s)
        except queue.Empty:
            self._give_up(f"no answer within {self.patience_s:g} s")
        except OSError:
            line = ""
        if not line:
            self._give_up(f"the process ended with exit code {self.process.wait()}: {self._last_words()}")
        return json.loads(line)

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else "it said nothing"

    def _give_up(self, why: str) -> None:
        self.lost = why
        self.close()
        raise Lost(why)

    def close(self) -> None:
        """Ends the process and what it started."""
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except OSError:
                pass
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # its own group, since its own session
            self.process.wait()
        self.listener.join(timeout=5)  # what else holds the pipe open is not waited for
        if self.process.stdout and not self.listener.is_alive():
            self.process.stdout.close()
