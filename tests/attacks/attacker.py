"""The attacks of `make attack`, over real sockets: open connections and floods of requests.

Every connection comes from a different IP address of 127/8, so that limits per network do not end an attack early.

Each attack has a maximum number of connections and a maximum duration.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from itertools import count

SECONDS = 8.0
"""The duration of each attack in seconds."""
AT_ONCE = 8
"""The number of requests that a flood sends at the same time."""
PER_SECOND = 200
"""The maximum number of requests that a flood sends per second.

The number is limited, because the attacker shares the machine's cores with the service.
"""
NO_ANSWER = "none"
CLOSED = "closed"
"""The result if the service closes the connection before the whole request has arrived."""

_JSON = "Content-Type: application/json"
_FORM = "Content-Type: application/x-www-form-urlencoded"
_numbers = count()


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack.

    `run` attacks a port, and counts the results. `allowed` contains the permitted results. A result is a status,
    NO_ANSWER or CLOSED.
    """

    name: str
    run: Callable[[int], Coroutine[None, None, Counter[str]]]
    allowed: Collection[str]


def attacks() -> Sequence[Attack]:
    """Return all attacks. The first attack, "no attack", sends nothing."""
    query = "&".join(f"unknown{number}=1" for number in range(40))
    fields = b"{%b}" % b",".join(b'"f%d":1' % number for number in range(20_000))
    marks = b"grant_type=password&username=a%40example.com&password=" + b"%CC%81" * 40_000
    return (
        Attack("no attack", no_attack, {NO_ANSWER}),
        held("unfinished bodies", 128, _unfinished("POST", "/v1/orders", _JSON), {"408"}),
        held("silent connections", 300, b"", {NO_ANSWER, CLOSED}),
        held("slow readers", 64, _head("GET", "/openapi.json") * 50, {"200"}),
        flood("combining marks", _request("POST", "/token", marks, _FORM), {"413", CLOSED}),
        flood("unknown parameters", _request("GET", f"/v1/products?{query}"), {"400"}),
        flood("too long queries", _request("GET", f"/v1/products?{query * 20}"), {"414"}),
        flood("unknown fields", _request("POST", "/v1/users", fields, _JSON), {"400", CLOSED}),
        flood("malformed JSON", _request("POST", "/v1/users", b'{"a":[' * 10_000, _JSON), {"400"}),
        flood("malformed forms", _request("POST", "/token", b"&=%zz&a" * 2_000, _FORM), {"400"}),
        flood(
            "malformed chunks",
            _head("POST", "/v1/users", _JSON, "Transfer-Encoding: chunked") + b"zz\r\nnot a chunk\r\n",
            {"400"},
        ),
    )


async def no_attack(_port: int) -> Counter[str]:
    return Counter({NO_ANSWER: 1})


def held(name: str, connections: int, sent: bytes, allowed: Collection[str]) -> Attack:
    """Open connections, send the bytes on each connection, and read no response until the attack ends."""

    async def run(port: int) -> Counter[str]:
        streams = [await _connect(port) for _ in range(connections)]
        for _, writer in streams:
            writer.write(sent)
        await asyncio.sleep(SECONDS)
        answers = Counter(await asyncio.gather(*(_answer(reader, within=0.1) for reader, _ in streams)))
        for _, writer in streams:
            writer.transport.abort()
        return answers

    return Attack(name, run, allowed)


def flood(name: str, sent: bytes, allowed: Collection[str]) -> Attack:
    """Send the bytes on new connections until the attack ends.

    Up to AT_ONCE connections are open at the same time.
    """

    async def run(port: int) -> Counter[str]:
        clock = asyncio.get_running_loop().time
        began = clock()
        answers: Counter[str] = Counter()

        async def send() -> None:
            while (elapsed := clock() - began) < SECONDS:
                if answers.total() >= elapsed * PER_SECOND:
                    await asyncio.sleep(1 / PER_SECOND)
                    continue
                reader, writer = await _connect(port)
                try:
                    writer.write(sent)
                    answers[await _answer(reader)] += 1
                finally:
                    writer.transport.abort()

        await asyncio.gather(*(send() for _ in range(AT_ONCE)))
        return answers

    return Attack(name, run, allowed)


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    number = next(_numbers)
    source = f"127.{1 + number // 62_500 % 200}.{number // 250 % 250}.{number % 250 + 1}"
    return await asyncio.open_connection("127.0.0.1", port, limit=1024, local_addr=(source, 0))


async def _answer(reader: asyncio.StreamReader, within: float | None = None) -> str:
    """Return the status of a response, NO_ANSWER or CLOSED."""
    try:
        async with asyncio.timeout(within):
            begin = await reader.read(64)
    except TimeoutError:
        return NO_ANSWER
    except ConnectionError:
        return CLOSED
    return begin[9:12].decode() if begin else CLOSED


def _request(method: str, target: str, body: bytes = b"", *headers: str) -> bytes:
    return _head(method, target, *headers, *([f"Content-Length: {len(body)}"] if body else [])) + body


def _unfinished(method: str, target: str, *headers: str) -> bytes:
    return _head(method, target, *headers, "Content-Length: 100") + b"{"


def _head(method: str, target: str, *headers: str) -> bytes:
    return "\r\n".join((f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *headers, "", "")).encode()
