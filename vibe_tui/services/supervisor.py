"""A small program that runs one command and lets nothing of it outlive us (DESIGN 5.19).

`process.py` starts it as `python -I -S supervisor.py FD`, once per command. FD is one end of a stream
socket whose other end only we hold:

- we send the command: 4 bytes with the length (big endian), then NUL separated fields: the number of
  arguments, the arguments, and one NAME=VALUE per environment variable;
- the end of our stream means: end the command. We close it on purpose, or because we died (also by kill -9);
- it answers in lines: `started PID` or `failed ERRNO`, then `exit CODE` or `signal NUMBER` when nothing
  of the command is left.

The command gets its own session. Ending it is TERM to its group, 3 s later KILL. On Linux this
process is also the "child subreaper" of everything the command starts, so that programs which left
the group (setsid, double fork) come back as its children and are ended too. macOS has no such thing:
there, only the group is ended.

Only the standard library, and little of it: this runs before every command.
"""

import contextlib
import os
import select
import signal
import sys
import time

GRACE = 3.0
"""Seconds between TERM and KILL."""
ROUND = 0.05
"""Seconds between two looks at what is left while ending."""
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def prctl(option: int, value: int) -> None:
    """Linux's prctl(2); does nothing elsewhere."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def read_exactly(fd: int, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = os.read(fd, count - len(data))
        if not more:
            sys.exit(0)  # we died before the command was known: there is nothing to end
        data += more
    return data


def read_command(control: int) -> tuple[list[bytes], dict[bytes, bytes]]:
    fields = read_exactly(control, int.from_bytes(read_exactly(control, 4), "big")).split(b"\0")
    count = int(fields[0])
    argv, pairs = fields[1 : 1 + count], fields[1 + count :]
    return argv, dict(pair.split(b"=", 1) for pair in pairs)


def start(argv: list[bytes], env: dict[bytes, bytes]) -> tuple[int, int]:
    """Start the command in a session of its own: (its process id, 0) or (0, errno)."""
    result, report = os.pipe()  # closed by a successful exec
    supervisor = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != supervisor:
                os._exit(127)
            for number in (signal.SIGPIPE, signal.SIGXFSZ):  # ignored by Python, expected by programs
                signal.signal(number, signal.SIG_DFL)
            os.execvpe(argv[0], argv, env)  # noqa: S606
        except OSError as error:
            os.write(report, b"%d" % (error.errno or 1))
        finally:
            os._exit(127)
    os.close(report)
    failure = os.read(result, 16)
    os.close(result)
    if failure:
        os.waitpid(pid, 0)
        return 0, int(failure)
    return pid, 0


def children() -> list[int]:
    """Our direct children. Their ids stay theirs until we reap them, so they are safe to signal."""
    if sys.platform != "linux":
        return []
    mine, found = os.getpid(), []
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as stat:  # noqa: PTH123
                parent = stat.read().rpartition(b")")[2].split()[1]
                if int(parent) == mine:
                    found.append(int(name))
    return found


class Watch:
    """The command from its start until nothing of it is left."""

    def __init__(self, control: int, wake: int, pid: int) -> None:
        self._control = control
        self._wake = wake
        self._group = pid
        self._status = 0
        self._kill_at = 0.0
        """Monotonic seconds; 0 until the command is being ended."""
        self._told_to_end: set[int] = set()

    def run(self) -> int:
        """Return the command's wait status once everything it started is gone."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        while not self._reap():
            if self._kill_at:
                self._press()
            for fd, _ in poll.poll(ROUND * 1000 if self._kill_at else None):
                if read_some(fd) == b"":
                    poll.unregister(fd)
                if fd == self._control:
                    self.end()
        return self._status

    def end(self) -> None:
        if not self._kill_at:
            self._kill_at = time.monotonic() + GRACE
            self._signal_group(signal.SIGTERM)

    def _reap(self) -> bool:
        """Collect what has ended; True when neither a child nor a member of the group is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return not self._signal_group(0)
            if pid == 0:
                return False
            if pid == self._group:
                self._status = status
                self.end()  # what the command left behind ends with it

    def _press(self) -> None:
        """One more round of ending; grandchildren become our children as their parents end."""
        kill = time.monotonic() >= self._kill_at
        if kill:
            self._signal_group(signal.SIGKILL)
        for pid in children():
            with contextlib.suppress(OSError):  # of another user, since it changed its own
                if kill:
                    os.kill(pid, signal.SIGKILL)
                elif pid not in self._told_to_end and os.getpgid(pid) != self._group:
                    self._told_to_end.add(pid)
                    os.kill(pid, signal.SIGTERM)

    def _signal_group(self, number: int) -> bool:
        try:
            os.killpg(self._group, number)
        except (ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
            return False
        return True


def read_some(fd: int) -> bytes:
    try:
        return os.read(fd, 512)
    except OSError:  # reset: the other end died without reading all we said
        return b""


def tell(control: int, line: str) -> None:
    with contextlib.suppress(OSError):  # nobody is left to hear it
        os.write(control, f"{line}\n".encode())


def main(control: int) -> None:
    os.set_inheritable(control, False)
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    prctl(PR_SET_CHILD_SUBREAPER, 1)

    pid, failure = start(*read_command(control))
    if failure:
        tell(control, f"failed {failure}")
        return
    watch = Watch(control, wake, pid)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: watch.end())
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)  # so that the output ends when the command's own copies are closed
    os.dup2(nowhere, 2)
    tell(control, f"started {pid}")

    status = watch.run()
    if os.WIFSIGNALED(status):
        tell(control, f"signal {os.WTERMSIG(status)}")
    else:
        tell(control, f"exit {os.WEXITSTATUS(status)}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
