"""Where the service is reached."""

import errno
import socket
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from entrypoints.cli.failures import CommandFailed

EVERY_INTERFACE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - for asking where to reach a service that listens there


@dataclass(frozen=True, slots=True)
class Address:
    """A network address of this machine and a port."""

    ip: str
    port: int

    @classmethod
    def resolved(cls, host: str, port: int) -> "Address":
        """Return the address to listen on for a host's name or address, an IPv4 one if it has both. Raises CommandFailed."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except (OSError, UnicodeError):
            raise CommandFailed(
                "STEELYARD_HOST is not a name or an address of this machine: 127.0.0.1 is for it alone, 0.0.0.0 for "
                "the network as well."
            ) from None
        ips = [str(address[0]) for *_, address in found]
        return cls(next((ip for ip in ips if ":" not in ip), ips[0]), port)

    @property
    def reached_at(self) -> str:
        """The network address for clients on this machine."""
        return EVERY_INTERFACE.get(self.ip, self.ip)

    @property
    def url(self) -> str:
        """The root of the service for clients on this machine."""
        ip = self.reached_at
        return f"http://[{ip}]:{self.port}" if ":" in ip else f"http://{ip}:{self.port}"

    def answers(self) -> bool:
        """Tell whether a service is alive here."""
        connection = HTTPConnection(self.reached_at, self.port, timeout=2)
        try:
            connection.request("GET", "/livez")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def ensure_free(self) -> None:
        """Raise CommandFailed if nothing can listen here.

        The workers share the port by SO_REUSEPORT, and so would join another service's without a word.
        """
        family = socket.AF_INET6 if ":" in self.ip else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.ip, self.port))
                probe.listen()
            except OSError as error:
                raise CommandFailed(_complaint(self, error)) from None


def _complaint(address: Address, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {address.port} is in use. Stop what listens there, or choose another port with --port or "
            "STEELYARD_PORT."
        )
    if error.errno == errno.EACCES:
        return f"Port {address.port} is reserved for the system. Choose one from 1024 on."
    return f"Nothing can listen on {address.ip}, port {address.port}: {error.strerror}."
