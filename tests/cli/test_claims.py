import os
import socket
from pathlib import Path

import pytest

from followup.cli.claims import Port, TakenError, check_ports, data_folder


def test_a_data_folder_belongs_to_one_at_a_time(tmp_path: Path) -> None:
    taken = rf"already \(process {os.getpid()}\).* FOLLOWUP_DATA_DIR"
    with data_folder(tmp_path), pytest.raises(TakenError, match=taken), data_folder(tmp_path):
        pytest.fail("two hold the same folder")
    with data_folder(tmp_path):
        assert (tmp_path / "serve.lock").read_text() == str(os.getpid())


def test_a_data_folder_that_cannot_be_made_is_named_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TakenError, match="; change FOLLOWUP_DATA_DIR"), data_folder(tmp_path / "file" / "var"):
        pytest.fail("a folder inside a file")


def test_a_port_in_use_is_named_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(TakenError) as raised:
            check_ports([Port("127.0.0.1", taken, "FOLLOWUP_PORT")])
    assert str(raised.value) == (
        f"Can't listen on port {taken} of 127.0.0.1 (Address already in use);"
        " stop what uses it, or change FOLLOWUP_PORT."
    )


def test_two_of_ours_cannot_share_a_port(free_port: int) -> None:
    with pytest.raises(TakenError, match="change EMULATOR_TWILIO_URL"):
        check_ports(
            [Port("127.0.0.1", free_port, "FOLLOWUP_PORT"), Port("127.0.0.1", free_port, "EMULATOR_TWILIO_URL")]
        )


def test_free_ports_stay_free(free_port: int) -> None:
    check_ports([Port("127.0.0.1", free_port, "FOLLOWUP_PORT")])
    with socket.create_server(("127.0.0.1", free_port)) as ours:
        assert ours.getsockname()[1] == free_port
