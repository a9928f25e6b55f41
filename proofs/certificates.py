"""An authority of our own and a certificate that it signed for `localhost`."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from proofs.needs import program


@dataclass(frozen=True, slots=True)
class Pair:
    """PEM files."""

    certificate: Path
    key: Path


def authority(folder: Path, name: str) -> Pair:
    """A new one, which nobody but us trusts."""
    return _made(Pair(folder / f"{name}.pem", folder / f"{name}.key"), "-subj", f"/CN={name}")


def for_localhost(folder: Path, signer: Pair) -> Pair:
    """For a server on this machine."""
    signed = ("-CA", str(signer.certificate), "-CAkey", str(signer.key))
    server = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    return _made(Pair(folder / "localhost.pem", folder / "localhost.key"), *server, *signed)


def _made(pair: Pair, *options: str) -> Pair:
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2")
    files = ("-keyout", str(pair.key), "-out", str(pair.certificate))
    subprocess.run([program("openssl"), "req", *kind, *options, *files], check=True, capture_output=True)
    return pair
