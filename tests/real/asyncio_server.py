"""A small HTTP server on asyncio: says its port, serves until SIGTERM.

SPDX-License-Identifier: Apache-2.0
"""

import asyncio
import signal


async def serve(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n")
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await stop.wait()
    print("stopped")


asyncio.run(main())
