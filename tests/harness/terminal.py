"""A program at a terminal: what it shows, what it is typed, and whether what is typed shows."""

import os
import pty
import select
import termios
import time


class Terminal:
    """
    with Terminal(["kabaidoctl", ...]) as terminal:
        terminal.wait_for("Password")
        terminal.type("...\n")
    terminal.screen, terminal.status
    """

    def __init__(self, command, environment=None):
        self.screen = ""
        self.status = None
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                os.execve(command[0], command, environment or os.environ)
            finally:
                os._exit(127)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        """Waits for the program's end, unless something has gone wrong."""
        if kind is None:
            while self.read():
                pass
        os.close(self.master)  # hangs up
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def read(self, seconds=60):
        """Adds to the screen what has come; false when nothing comes any more."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        assert ready, f"nothing comes after: {self.screen}"
        try:
            text = os.read(self.master, 4096).decode()
        except OSError:  # the program has ended
            text = ""
        self.screen += text.replace("\r\n", "\n")
        return text != ""

    def wait_for(self, text):
        while text not in self.screen:
            assert self.read(), f"ended without '{text}': {self.screen}"

    def type(self, text):
        os.write(self.master, text.encode())

    def is_echoing(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def wait_for_silence(self):
        """Until what is typed does not show: a person is slower than a test."""
        end = time.monotonic() + 30
        while self.is_echoing():
            assert time.monotonic() < end, "what is typed shows"
            time.sleep(0.001)

    def command_line(self):
        """What every user of the machine can read of the program."""
        with open(f"/proc/{self.pid}/cmdline", "rb") as file:
            return file.read()
