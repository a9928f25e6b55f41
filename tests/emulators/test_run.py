import signal
import socket
import subprocess
import sys
from contextlib import closing

import pytest
import requests

from followup.emulators import DEFAULT_ACCOUNT, Emulators

PROGRAM = """
import logging
from followup.emulators import DEFAULT_ACCOUNT, run
logging.basicConfig(level=logging.INFO, format="%(message)s")
run(twilio_port={twilio}, smtp_port=None, mail_http_port=0, account=DEFAULT_ACCOUNT, reply_url="")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_emulators_serve_until_they_are_told_to_stop(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM.format(twilio=0)], stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        line = child.stderr.readline()
        assert "SMTP off" in line
        port = int(line.split("Twilio ")[1].split(",")[0])
        assert requests.get(f"http://127.0.0.1:{port}/_emulator/ledger", timeout=5).json() == []
        child.send_signal(number)
        assert child.wait(10) == 0


def test_a_port_that_is_taken_is_said() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        program = PROGRAM.format(twilio=taken.getsockname()[1])
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1
    assert "address already in use" in ended.stderr


def test_what_runs_leaves_the_ports_free_again() -> None:
    with Emulators() as emulators:
        url = emulators.twilio_url
        assert emulators.account is DEFAULT_ACCOUNT
        assert requests.get(f"{url}/_emulator/ledger", timeout=5).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/_emulator/ledger", timeout=5)
