"""The network address on which the service listens."""

import errno
import socket
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from entrypoints.cli.failures import CommandFailed

LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - maps the address of all interfaces to the loopback address


@dataclass(frozen=True, slots=True)
class Address:
    """A network address of this machine and a port."""

    ip: str
    port: int

    @classmethod
    def resolved(cls, host: str, port: int) -> "Address":
        """Find the IP address on which the service listens.

        `host` is a name or an IP address. If a name has IPv4 and IPv6 addresses, an IPv4 address is used.

        Raises:
            CommandFailed: the host is not a name or an address of this machine.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except (OSError, UnicodeError):
            raise CommandFailed(
                "STEELYARD_HOST is not a name or an address of this machine. Use 127.0.0.1 to accept connections from "
                "this machine only, or 0.0.0.0 to accept them from the network."
            ) from None
        ips = [str(address[0]) for *_, address in found]
        return cls(next((ip for ip in ips if ":" not in ip), ips[0]), port)

    @property
    def reached_at(self) -> str:
        """The network address at which clients on this machine reach the service."""
        return LOOPBACK_OF.get(self.ip, self.ip)

    @property
    def url(self) -> str:
        """The root URL of the service for clients on this machine."""
        ip = self.reached_at
        return f"http://[{ip}]:{self.port}" if ":" in ip else f"http://{ip}:{self.port}"

    def answers(self) -> bool:
        """Return whether a service answers health checks at this address."""
        connection = HTTPConnection(self.reached_at, self.port, timeout=2)
        try:
            connection.request("GET", "/livez")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def ensure_free(self) -> None:
        """Raise CommandFailed if the port is in use, or if this user may not use the port.

        With SO_REUSEPORT, several processes can listen on one port, and the serving processes use this option.
        Without this check, another service could listen on the same port, and get some of the requests.
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
            f"Port {address.port} is in use. Stop the program that listens there, or choose another port with --port or "
            "STEELYARD_PORT."
        )
    if error.errno == errno.EACCES:
        return f"Port {address.port} is reserved for the system. Choose a port from 1024 on."
    return f"The service cannot listen on {address.ip}, port {address.port}: {error.strerror}."
