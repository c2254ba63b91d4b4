"""Both ends of WebSockets, by a library that knows nothing of ours.

  websocket_peer.py serve PORT      an echo that speaks the subprotocol "echo.1"
  websocket_peer.py talk URL [CA]   says "done" when everything has come back
  websocket_peer.py stay URL        says "open", and then how the other side closed
"""

import asyncio
import os
import ssl
import sys

import websockets

MIB = 1024 * 1024
# They only end a hang; the library's own would end what is merely slow.
PATIENCE = 120
TIMES = {"close_timeout": PATIENCE, "ping_interval": None}
PROTOCOLS = {"subprotocols": ["echo.1"], "max_size": 20 * MIB, **TIMES}


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def serve(port):
    async with websockets.serve(echo, "127.0.0.1", int(port), **PROTOCOLS):
        print("ready", flush=True)
        await asyncio.Future()


def trust(url, ca):
    return {"ssl": ssl.create_default_context(cafile=ca)} if url.startswith("wss:") else {}


async def exchange(socket, message):
    await socket.send(message)
    back = await asyncio.wait_for(socket.recv(), PATIENCE)
    assert back == message, (type(message), len(message), len(back))


async def converse(url, how):
    async with websockets.connect(url, open_timeout=PATIENCE, **PROTOCOLS, **how) as socket:
        assert socket.subprotocol == "echo.1", socket.subprotocol
        for message in ["gr\u00fc\u00dfe", "", b"", os.urandom(300), os.urandom(70000), "x" * MIB, os.urandom(10 * MIB)]:
            await exchange(socket, message)
        await socket.send(iter(["in ", "three ", "parts"]))
        assert await socket.recv() == "in three parts"
        await asyncio.wait_for(await socket.ping(b"are you there"), PATIENCE)
        await socket.close(4321, "enough")
        assert (socket.close_code, socket.close_reason) == (4321, "enough"), (socket.close_code, socket.close_reason)


async def many(url, how):
    async def one(number):
        async with websockets.connect(url, open_timeout=PATIENCE, **PROTOCOLS, **how) as socket:
            for round in range(10):
                await exchange(socket, "%d %d" % (number, round))

    await asyncio.gather(*(one(number) for number in range(50)))


async def talk(url, ca=None):
    how = trust(url, ca)
    for compression in ["deflate", None]:
        await converse(url, {"compression": compression, **how})
    await many(url, how)
    print("done", flush=True)


async def stay(url):
    async with websockets.connect(url, open_timeout=PATIENCE, **PROTOCOLS) as socket:
        await exchange(socket, "hello")
        print("open", flush=True)
        await socket.wait_closed()
        print(socket.close_code, flush=True)


if __name__ == "__main__":
    asyncio.run({"serve": serve, "talk": talk, "stay": stay}[sys.argv[1]](*sys.argv[2:]))
