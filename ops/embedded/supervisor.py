"""Keeps programs running in the foreground: prefixed output, restarts with back-off, an orderly stop.

One thread, one selector. Children are started from the main thread because the kernel ties their death signal
(child.py) to the thread that started them.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, cast

from ops.embedded import EmbeddedError
from ops.embedded.processes import SELF, Identity, spawn

FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
# A program that ran this long was well: its next crash starts the back-off anew.
WELL_AFTER = 60.0
COLOURS = ("36", "33", "32", "35", "34", "31")


@dataclass
class Program:
    """What to run, and how. Programs of a lower `tier` start earlier and stop later."""

    name: str
    command: Sequence[str]
    tier: int
    env: Mapping[str, str] | None = None
    identity: Identity = SELF
    stop_signal: int = signal.SIGTERM
    stop_patience: float = 10.0
    prepare: Callable[[], None] | None = None
    # Lines with one of these texts are not printed: advice that does not concern a machine for development.
    hushed: tuple[str, ...] = ()


@dataclass
class _Running:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    delay: float = FIRST_DELAY
    restart_at: float | None = None
    partial: bytes = field(default=b"", repr=False)


class StopRequested(Exception):
    """Somebody asked for the end: Ctrl-C, SIGTERM, or the terminal went away."""


class Supervisor:
    """Runs programs until it is told to stop. Use as a context manager, from the main thread."""

    def __init__(self, output: IO[str] | None = None) -> None:
        self._output = output or sys.stdout
        self._selector = selectors.DefaultSelector()
        self._running: dict[str, _Running] = {}
        self._stop_requests = 0
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def __enter__(self) -> Supervisor:
        self._old_wake = signal.set_wakeup_fd(self._wake_write)
        self._old_handlers = {
            number: signal.signal(number, self._request_stop)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        self._old_handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        signal.set_wakeup_fd(self._old_wake)
        for number, handler in self._old_handlers.items():
            signal.signal(number, handler)
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _request_stop(self, *_: object) -> None:
        self._stop_requests += 1

    def say(self, text: str, name: str = "numerai") -> None:
        """Print one line under a program's name."""
        label = f"{name:<8}|"
        if self._output.isatty():
            index = list(self._running).index(name) if name in self._running else -1
            label = f"\033[{COLOURS[index % len(COLOURS)]}m{label}\033[0m"
        try:
            print(f"{label} {text}", file=self._output, flush=True)
        except (BrokenPipeError, OSError):
            # The reader went away (a closed terminal, `| head`): nobody can press Ctrl-C any more.
            self._output = open(os.devnull, "w")  # noqa: SIM115, PTH123
            self._stop_requests = max(self._stop_requests, 1)

    def _take_output(self, running: _Running, stream: IO[bytes]) -> None:
        data = os.read(stream.fileno(), 65536)
        lines = (running.partial + data).split(b"\n")
        running.partial = lines.pop() if data else b""
        if not data:
            self._selector.unregister(stream)
            stream.close()
        for line in (raw.decode(errors="replace").rstrip() for raw in lines):
            if line and not any(text in line for text in running.program.hushed):
                self.say(line, running.program.name)

    def start(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        running = self._running.setdefault(program.name, _Running(program))
        self._launch(running)

    def _launch(self, running: _Running) -> None:
        program = running.program
        running.restart_at = None
        if program.prepare:
            program.prepare()
        running.process = spawn(
            program.command,
            identity=program.identity,
            death_signal=program.stop_signal,
            stdout=subprocess.PIPE,
            env=program.env,
        )
        running.started_at = time.monotonic()
        self._selector.register(cast(IO[bytes], running.process.stdout), selectors.EVENT_READ, running)

    def _reap(self) -> None:
        """Notice ended children; end what is left of their process groups; plan their restart."""
        now = time.monotonic()
        for running in self._running.values():
            process = running.process
            if process is None or process.poll() is None:
                continue
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            running.process = None
            if now - running.started_at > WELL_AFTER:
                running.delay = FIRST_DELAY
            running.restart_at = now + running.delay
            how = f"signal {-process.returncode}" if process.returncode < 0 else f"exit code {process.returncode}"
            self.say(f"stopped ({how}); starting it again in {running.delay:g} s", running.program.name)
            running.delay = min(running.delay * 2, LONGEST_DELAY)

    def _restart_due(self) -> None:
        now = time.monotonic()
        for running in self._running.values():
            if running.process is None and running.restart_at is not None and running.restart_at <= now:
                try:
                    self._launch(running)
                except (EmbeddedError, OSError) as error:
                    self.say(f"could not start: {error}", running.program.name)
                    running.restart_at = time.monotonic() + running.delay
                    running.delay = min(running.delay * 2, LONGEST_DELAY)

    def _poll(self, timeout: float) -> None:
        for key, _ in self._selector.select(timeout):
            if key.fd == self._wake_read:
                with suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
            else:
                self._take_output(key.data, key.fileobj)  # type: ignore[arg-type]

    def step(self, timeout: float = 0.2) -> None:
        """Do what is due: print output, notice crashes, restart. Raises StopRequested when asked to end."""
        self._poll(timeout)
        if self._stop_requests:
            raise StopRequested
        self._reap()
        self._restart_due()

    def wait_until(self, is_true: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Keep everything running until `is_true()`. Raises EmbeddedError naming `what` when that takes too long."""
        deadline = time.monotonic() + seconds
        while not is_true():
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{what} did not come up within {seconds:g} seconds; its messages are above.")
            self.step(0.05)

    def run_to_end(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Run a command to its end, printing its output. Raises EmbeddedError if it fails."""
        running = _Running(Program(name, command, tier=99, env=env))
        running.process = process = spawn(command, stdout=subprocess.PIPE, env=env)
        self._selector.register(cast(IO[bytes], running.process.stdout), selectors.EVENT_READ, running)
        try:
            while process.poll() is None:
                self.step(0.1)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        while process.stdout and not process.stdout.closed:
            self._poll(0.1)
        if process.returncode != 0:
            raise EmbeddedError(f"{name} failed (exit code {process.returncode}); its messages are above.")

    def run(self) -> None:
        """Keep everything running until somebody asks for the end."""
        with suppress(StopRequested):
            while True:
                self.step()

    def stop(self) -> None:
        """Stop tier by tier, the highest first, each program by its own signal and, when patience ends, by SIGKILL."""
        tiers = sorted({running.program.tier for running in self._running.values()}, reverse=True)
        for tier in tiers:
            group = [r for r in self._running.values() if r.program.tier == tier and r.process is not None]
            if group:
                self.say(f"stopping {', '.join(r.program.name for r in group)}")
            for running in group:
                self._signal(running, running.program.stop_signal)
            for running in group:
                self._await_end(running)
        self._running.clear()

    def _signal(self, running: _Running, number: int) -> None:
        if running.process is not None:
            with suppress(ProcessLookupError):
                running.process.send_signal(number)

    def _await_end(self, running: _Running) -> None:
        process = running.process
        if process is None:
            return
        requests = self._stop_requests
        deadline = time.monotonic() + running.program.stop_patience
        while process.poll() is None:
            # A second Ctrl-C means now, except for the databases, whose clean end is quick and worth waiting for.
            impatient = self._stop_requests > requests and running.program.tier > 0
            if impatient or time.monotonic() > deadline:
                self._signal(running, signal.SIGKILL)
            self._poll(0.05)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        running.process = None
