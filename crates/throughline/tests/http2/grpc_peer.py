"""Both ends of gRPC calls, with bytes for messages so that nothing has to be generated.

  grpc_peer.py serve PORT            a server; says "ready" when it listens
  grpc_peer.py calls TARGET [CA]     every kind of call, each followed by its name
  grpc_peer.py hold TARGET           a call that goes on until a line comes in
  grpc_peer.py again TARGET          one call for each line that comes in: "ok", or the status
"""

import os
import sys
import threading
import time
from concurrent import futures

import grpc

MIB = 1024 * 1024
# It only ends a hang.
PATIENCE = 120
SIZES = [("grpc.max_send_message_length", 64 * MIB), ("grpc.max_receive_message_length", 64 * MIB)]


class Service(grpc.GenericRpcHandler):
    """What each method does is in its name."""

    def __init__(self):
        # Of the calls of Wait that are over, what they asked for.
        self.cancelled = set()
        self.changed = threading.Condition()

    def service(self, details):
        kinds = {
            "/t.T/Echo": grpc.unary_unary_rpc_method_handler(self.echo),
            "/t.T/Count": grpc.unary_stream_rpc_method_handler(self.count),
            "/t.T/Sum": grpc.stream_unary_rpc_method_handler(self.sum),
            "/t.T/Talk": grpc.stream_stream_rpc_method_handler(self.talk),
            "/t.T/Fail": grpc.unary_unary_rpc_method_handler(self.fail),
            "/t.T/FailLate": grpc.unary_stream_rpc_method_handler(self.fail_late),
            "/t.T/Wait": grpc.unary_stream_rpc_method_handler(self.wait),
            "/t.T/Cancelled": grpc.unary_unary_rpc_method_handler(self.was_cancelled),
        }
        return kinds.get(details.method)

    def echo(self, request, context):
        given = dict(context.invocation_metadata())
        context.send_initial_metadata([("x-early", given.get("x-asked", "-")), ("x-raw-bin", given.get("x-raw-bin", b"\0"))])
        context.set_trailing_metadata([("x-late", given.get("x-asked", "-")), ("x-late-bin", b"\x00\xff\x10")])
        return request

    def count(self, request, context):
        for number in range(int(request)):
            yield b"%d" % number

    def sum(self, requests, context):
        return b"%d" % sum(len(request) for request in requests)

    def talk(self, requests, context):
        for request in requests:
            yield request[::-1]

    def fail(self, request, context):
        context.set_trailing_metadata([("x-why", "because")])
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not like that: \u00fc % \n")

    def fail_late(self, request, context):
        yield b"one"
        context.abort(grpc.StatusCode.DATA_LOSS, "after one")

    def wait(self, request, context):
        over = threading.Event()

        # Told from here and not below: where a call is cancelled before the library goes on after its first message, it never does.
        def ends():
            with self.changed:
                self.cancelled.add(request)
                self.changed.notify_all()
            over.set()

        if not context.add_callback(ends):
            ends()
        yield b"begun"
        over.wait(PATIENCE)

    def was_cancelled(self, request, context):
        with self.changed:
            return b"yes" if self.changed.wait_for(lambda: request in self.cancelled, PATIENCE) else b"no"


def serve(port):
    # One that is started again must have the same port, and nobody else's.
    server = grpc.server(futures.ThreadPoolExecutor(128), options=SIZES + [("grpc.so_reuseport", 0)])
    service = Service()
    server.add_generic_rpc_handlers((service,))
    if server.add_insecure_port("127.0.0.1:" + port) == 0:
        sys.exit("the port is taken")
    server.start()
    say("ready")
    server.wait_for_termination()


def say(line):
    print(line, flush=True)


def channel(target, ca=None):
    options = SIZES + [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]
    options += [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 50), ("grpc.enable_retries", 0)]
    if ca is None:
        return grpc.insecure_channel(target, options)
    with open(ca, "rb") as file:
        return grpc.secure_channel(target, grpc.ssl_channel_credentials(file.read()), options)


def unary(channel):
    echo = channel.unary_unary("/t.T/Echo")
    asked = (("x-asked", "a b"), ("x-raw-bin", b"\x00\x01\xff"))
    answer, call = echo.with_call(b"hello", metadata=asked, timeout=PATIENCE)
    early, late = dict(call.initial_metadata()), dict(call.trailing_metadata())
    assert answer == b"hello" and call.code() == grpc.StatusCode.OK, call
    assert (early["x-early"], early["x-raw-bin"]) == ("a b", b"\x00\x01\xff"), early
    assert (late["x-late"], late["x-late-bin"]) == ("a b", b"\x00\xff\x10"), late
    assert echo(b"", timeout=PATIENCE) == b"", "an empty message"


def server_streaming(channel):
    count = channel.unary_stream("/t.T/Count")
    assert list(count(b"1000", timeout=PATIENCE)) == [b"%d" % number for number in range(1000)]
    assert list(count(b"0", timeout=PATIENCE)) == []


def client_streaming(channel):
    total = channel.stream_unary("/t.T/Sum")
    assert total((b"x" * number for number in range(500)), timeout=PATIENCE) == b"124750"
    assert total(iter(()), timeout=PATIENCE) == b"0"


def bidirectional(channel):
    """Each message is answered before the next is sent."""
    heard = threading.Semaphore(1)

    def speak():
        for number in range(200):
            assert heard.acquire(timeout=PATIENCE)
            yield b"message %d" % number

    call = channel.stream_stream("/t.T/Talk")(speak(), timeout=PATIENCE)
    for number in range(200):
        assert next(call) == (b"message %d" % number)[::-1]
        heard.release()
    assert list(call) == [] and call.code() == grpc.StatusCode.OK


def failure(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("it did not fail")


def trailers_only(channel):
    error = failure(lambda: channel.unary_unary("/t.T/Fail")(b"", timeout=PATIENCE))
    assert error.code() == grpc.StatusCode.FAILED_PRECONDITION, error
    assert error.details() == "not like that: \u00fc % \n", error.details()
    assert dict(error.trailing_metadata())["x-why"] == "because"
    error = failure(lambda: channel.unary_unary("/t.T/Nobody")(b"", timeout=PATIENCE))
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error
    call = channel.unary_stream("/t.T/FailLate")(b"", timeout=PATIENCE)
    assert next(call) == b"one"
    assert failure(lambda: next(call)).code() == grpc.StatusCode.DATA_LOSS


def deadline(channel):
    """One that is over only after the call has begun. How long it takes to begin depends on the machine: so it may take ever longer."""
    for seconds in (0.5, 2, 8, 32, PATIENCE):
        name = os.urandom(8)
        call = channel.unary_stream("/t.T/Wait")(name, timeout=seconds)
        try:
            begun = next(call)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error
            continue
        assert begun == b"begun"
        assert failure(lambda: next(call)).code() == grpc.StatusCode.DEADLINE_EXCEEDED
        assert channel.unary_unary("/t.T/Cancelled")(name, timeout=PATIENCE) == b"yes", "the server hears of it"
        return
    raise AssertionError("no call began in time")


def cancellation(channel):
    name = os.urandom(8)
    call = channel.unary_stream("/t.T/Wait")(name, timeout=PATIENCE)
    assert next(call) == b"begun"
    call.cancel()
    assert channel.unary_unary("/t.T/Cancelled")(name, timeout=PATIENCE) == b"yes", "the server hears of it"


def concurrent(channel):
    """A hundred calls of each kind at once."""
    echo, count = channel.unary_unary("/t.T/Echo"), channel.unary_stream("/t.T/Count")
    calls = [echo.future(b"%d" % number, timeout=PATIENCE) for number in range(100)]
    assert [call.result() for call in calls] == [b"%d" % number for number in range(100)]
    streams = [count(b"50", timeout=PATIENCE) for _ in range(100)]
    assert all(len(list(stream)) == 50 for stream in streams)


def long_messages(channel):
    long = os.urandom(10 * MIB)
    assert channel.unary_unary("/t.T/Echo")(long, timeout=PATIENCE) == long
    assert channel.stream_unary("/t.T/Sum")(iter([long, long]), timeout=PATIENCE) == b"%d" % (20 * MIB)


def calls(target, ca=None):
    with channel(target, ca) as to:
        kinds = [unary, server_streaming, client_streaming, bidirectional, trailers_only]
        for kind in kinds + [deadline, cancellation, concurrent, long_messages]:
            began = time.monotonic()
            kind(to)
            say("%s %.3f" % (kind.__name__, time.monotonic() - began))


def hold(target):
    """A message before the line and five after it."""
    go_on = threading.Event()

    def speak():
        yield b"first"
        assert go_on.wait(PATIENCE)
        for number in range(5):
            yield b"%d" % number

    with channel(target) as to:
        call = to.stream_stream("/t.T/Talk")(speak(), timeout=PATIENCE)
        assert next(call) == b"tsrif"
        say("holding")
        sys.stdin.readline()
        go_on.set()
        assert list(call) == [b"%d" % number for number in range(5)] and call.code() == grpc.StatusCode.OK
        say("done")


def again(target):
    with channel(target) as to:
        say("ready")
        for line in sys.stdin:
            try:
                assert to.unary_unary("/t.T/Echo")(line.encode(), timeout=PATIENCE) == line.encode()
                say("ok")
            except grpc.RpcError as error:
                say(error.code().name)


if __name__ == "__main__":
    {"serve": serve, "calls": calls, "hold": hold, "again": again}[sys.argv[1]](*sys.argv[2:])
