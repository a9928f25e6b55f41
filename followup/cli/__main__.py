"""Where the `followup` command begins; `python -m followup.cli` for where it is not on the path.

However it ends, it says so in one line: with Ctrl-C from its first moment on, and where nobody can read what it tells.
"""

import errno
import os
import signal
import sys
from io import TextIOWrapper

INTERRUPTED = 130  # as shells say it
_UNWRITABLE = {errno.EBADF, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC, errno.EPIPE}


def main() -> None:
    """One command, with its log on standard error."""
    if sys.stdout is None:
        sys.exit("Standard output is closed, so nothing can be told; send it somewhere, if only to /dev/null.")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that can't show a letter is no reason to stop
    try:
        try:
            _run()
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or what is left would fail again at the end
        is_quiet = error.errno == errno.EPIPE  # whoever read it has seen enough
        sys.exit(1 if is_quiet else f"What it tells can't be written ({error.strerror}); send it where there is room.")


def _run() -> None:
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # who starts it may let Ctrl-C be ignored
    if ours:  # an exception may be swallowed by what is being imported, which takes a second
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    from followup import logs  # noqa: PLC0415
    from followup.cli.commands import app  # noqa: PLC0415

    if ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    logs.configure()
    app(prog_name="followup")


if __name__ == "__main__":
    main()
