"""A Postfix of our own, in one folder: it listens on loopback, wants TLS, keeps mail in Maildirs and relays nowhere.

It treats four kinds of recipients as relays do: it does not know one, has others come back later, holds a domain back
all the time, and takes an email that it then can't deliver.
"""

import os
import pwd
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_binary_file, policy
from email.message import EmailMessage
from pathlib import Path

from proofs import certificates, children, week
from proofs.certificates import Pair
from proofs.needs import program

CLINIC = "followup@clinic.example"
UNKNOWN = "denise.castellano@example.com"  #: 550 at RCPT
COME_BACK = "example.net"  #: 451 at RCPT, until `let_in`
HELD = "xn--bcher-kva.example.com"  #: 451 at RCPT, all the time
MOVED = "ingrid.halvorsen@example.org"  #: 250, and then it bounces

_LATER = "451 4.7.1 Come back later"
_HOLD = "451 4.3.0 This domain is held back"
_DELIVERED_BY = pwd.getpwnam("nobody")
# Service, type, private, unprivileged, chroot, wake-up, limit, command. No `smtp`: nothing can leave.
_SERVICES = """\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
"""
_QUEUES = ("maildrop", "incoming", "active", "deferred")


@dataclass(frozen=True, slots=True)
class Relay:
    home: Path
    port: int
    authority: Pair
    master: int  #: process id

    @property
    def url(self) -> str:
        """For SMTP_URL."""
        return f"smtp://localhost:{self.port}?starttls=required"

    def let_in(self) -> None:
        """Take mail for `COME_BACK` from now on, from whoever connects again."""
        _write_access(self.home, {HELD: _HOLD})
        os.kill(self.master, signal.SIGHUP)

    def is_idle(self) -> bool:
        """Whether nothing waits in its queues."""
        return not any(path.is_file() for queue in _QUEUES for path in (self.home / "queue" / queue).rglob("*"))

    def mails(self) -> Iterator[tuple[str, EmailMessage]]:
        """Every email that arrived, with the address whose Maildir holds it."""
        for path in sorted((self.home / "mail").glob("*/*/new/*")):
            domain, local = path.parts[-4:-2]
            with path.open("rb") as file:
                yield f"{local}@{domain}", message_from_binary_file(file, _class=EmailMessage, policy=policy.default)

    def version(self) -> str:
        """As it says when it starts."""
        return next(line for line in self.log() if "daemon started" in line).partition("version ")[2].split(",")[0]

    def log(self) -> list[str]:
        """What it wrote."""
        return (self.home / "mail.log").read_text(encoding="utf-8").splitlines()


@contextmanager
def running(home: Path, port: int) -> Iterator[Relay]:
    """Nothing of it outlives the block or stands outside the folder."""
    for name in ("etc", "queue", "data", "mail"):
        (home / name).mkdir(parents=True)
    os.chown(home / "data", pwd.getpwnam("postfix").pw_uid, -1)
    os.chown(home / "mail", _DELIVERED_BY.pw_uid, _DELIVERED_BY.pw_gid)
    authority = certificates.authority(home, "authority")
    _configure(home, port, certificates.for_localhost(home, authority))
    etc = str(home / "etc")
    subprocess.run([program("postfix"), "-c", etc, "check"], check=True)  # also makes its queues
    asked = [program("postconf"), "-c", etc, "-h", "daemon_directory"]
    folder = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    master = [f"{folder}/master", "-c", etc, "-d"]
    with children.started("postfix", master, home=home, environment={}, port=port) as process:
        yield Relay(home, port, authority, process.pid)


def _configure(home: Path, port: int, server: Pair) -> None:
    addresses = week.addresses()
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": home / "queue",
        "data_directory": home / "data",
        "maillog_file": home / "mail.log",
        "maillog_file_prefixes": home,
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.1/32",
        "myhostname": "relay.clinic.example",
        "mydestination": "",
        "alias_maps": "",
        "default_transport": "error:5.4.4 nothing leaves this machine",
        "relay_transport": "error:5.4.4 nothing leaves this machine",
        "virtual_mailbox_domains": ", ".join({address.partition("@")[2] for address in (*addresses, CLINIC)}),
        "virtual_mailbox_base": home / "mail",
        "virtual_mailbox_maps": f"texthash:{home}/mailboxes",
        "virtual_alias_maps": f"texthash:{home}/aliases",
        "virtual_uid_maps": f"static:{_DELIVERED_BY.pw_uid}",
        "virtual_gid_maps": f"static:{_DELIVERED_BY.pw_gid}",
        "smtpd_recipient_restrictions": f"reject_unauth_destination, check_recipient_access texthash:{home}/access",
        "smtpd_tls_security_level": "encrypt",
        "smtpd_tls_chain_files": f"{server.key}, {server.certificate}",
        "smtpd_tls_received_header": "yes",
        "smtpd_timeout": "5s",  # it hangs up on whoever keeps a connection and says nothing
    }
    (home / "etc" / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    (home / "etc" / "master.cf").write_text(f"127.0.0.1:{port} inet n - n - - smtpd\n{_SERVICES}")
    kept = (addresses - {UNKNOWN, MOVED}) | {CLINIC}
    mailboxes = ("{0} {2}/{1}/".format(address, *address.split("@")) for address in sorted(kept))
    (home / "mailboxes").write_text("\n".join(mailboxes) + "\n")
    (home / "aliases").write_text(f"{MOVED} moved-away@example.org\n")  # where there is no mailbox
    _write_access(home, {COME_BACK: _LATER, HELD: _HOLD})


def _write_access(home: Path, answers: dict[str, str]) -> None:
    (home / "access").write_text("".join(f"{domain} {answer}\n" for domain, answer in answers.items()))
