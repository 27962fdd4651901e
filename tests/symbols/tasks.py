"""Connections of asyncio, Trio and aiohttp that nobody closes: tasks.py CASE. With a second argument they are closed. `line: NAME` marks the
lines that the test expects.

SPDX-License-Identifier: Apache-2.0
"""

import asyncio
import contextlib
import gc
import select
import socket
import sys
import threading

CLOSES = len(sys.argv) > 2
kept = []


@contextlib.contextmanager
def server():
    """The port of one that answers whatever is sent, in HTTP, and closes what it has at its end."""
    def serve():
        connections = []
        while True:
            for ready in select.select([listener, wake, *connections], [], [])[0]:
                if ready is wake:
                    for connection in connections:
                        connection.close()
                    return
                if ready is listener:
                    connections.append(listener.accept()[0])
                elif ready.recv(1000):
                    ready.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!")
                else:
                    connections.remove(ready)
                    ready.close()

    wake, waker = socket.socketpair()
    with wake, waker, socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            waker.send(b"!")
            thread.join()


async def ask(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)  # line: ask
    writer.write(b"?")
    await reader.read(1)
    if CLOSES:
        writer.close()
        await writer.wait_closed()
    return writer


async def ask_twice(port):
    kept.append(await ask(port))  # line: awaited
    kept.extend(await asyncio.gather(ask(port), ask(port)))


def kept_to_the_end():
    with server() as port:
        asyncio.run(ask_twice(port))  # line: run


class Opens:
    def __init__(self, port):
        self.port = port

    async def __aenter__(self):
        await asyncio.sleep(0)  # so that the loop resumes all of them
        return await ask(self.port)  # line: entered

    async def __aexit__(self, *_):
        pass


async def each(port):
    async with Opens(port) as writer:  # line: within
        yield writer


async def visit(port):
    async for writer in each(port):  # line: visited
        kept.append(writer)


async def visit_in_a_task(port):
    await asyncio.create_task(visit(port))


def awaited_in_many_ways():
    with server() as port:
        asyncio.run(visit_in_a_task(port))  # line: run_visits


async def drop(port):
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", port)  # line: drop
    await asyncio.sleep(0)
    transport.pause_reading()  # now the loop has it no more
    if CLOSES:
        transport.close()
        await asyncio.sleep(0)
    del transport
    gc.collect()  # line: dropped


async def drop_later(port):
    await drop(port)  # line: dropping


def dropped():
    with server() as port:
        asyncio.run(drop_later(port))  # line: run_dropping


class Stream:
    """As streams of CPython 3.13 and sessions of aiohttp: the loop is to close what its owner forgot."""

    def __init__(self, transport):
        self.transport = transport

    def __del__(self):
        if not self.transport.is_closing():
            import warnings
            self.transport.close()  # line: warns
            warnings.warn("unclosed stream", ResourceWarning, source=self)


async def leave(port):
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", port)  # line: leave
    stream = Stream(transport)
    if CLOSES:
        transport.close()
    del stream  # line: left
    await asyncio.sleep(0.01)


def left_to_the_loop():
    with server() as port:
        asyncio.run(leave(port))  # line: run_leaving


def loop():
    made = asyncio.new_event_loop()  # line: loop
    made.run_until_complete(asyncio.sleep(0))
    if CLOSES:
        made.close()


async def answer(_, writer):
    if CLOSES:
        writer.close()
    kept.append(writer)


async def be_asked(listener):
    before = len(kept)
    with socket.create_connection(listener.sockets[0].getsockname()):
        while len(kept) == before:
            await asyncio.sleep(0.01)
        listener.close()
    await asyncio.sleep(0.01)


async def serve():
    await be_asked(await asyncio.start_server(answer, "127.0.0.1", 0))  # line: listens


async def serve_twice():
    await be_asked(await asyncio.start_server(answer, "127.0.0.1", 0))
    await be_asked(await asyncio.start_server(answer, "127.0.0.1", 0))


def accepted():
    asyncio.run(serve())  # line: run_server


def accepted_by_two():
    asyncio.run(serve_twice())  # line: run_servers


async def trio_ask(trio, port):
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    await stream.send_all(b"?")
    await stream.receive_some()
    if CLOSES:
        await stream.aclose()
    return stream


async def trio_main(trio, port):
    kept.append(await trio_ask(trio, port))
    await trio_ask(trio, port)  # line: trio_dropped
    one = trio.socket.socket()  # line: trio_socket
    if CLOSES:
        one.close()
    kept.append(one)


def trio():
    import trio as library
    with server() as port:
        library.run(trio_main, library, port)  # line: trio


async def fetch(aiohttp, port):
    session = aiohttp.ClientSession()
    async with session.get(f"http://127.0.0.1:{port}/") as response:  # line: fetch
        await response.text()
    if CLOSES:
        await session.close()
    return session


async def browse(aiohttp, port):
    await fetch(aiohttp, port)  # line: browse
    await asyncio.sleep(0)
    kept.append(await fetch(aiohttp, port))  # line: browse_kept


def aiohttp():
    import aiohttp as library
    with server() as port:
        asyncio.run(browse(library, port))  # line: aiohttp


globals()[sys.argv[1]]()  # line: module
