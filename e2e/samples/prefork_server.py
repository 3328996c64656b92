#!/usr/bin/python3
"""A prefork server with a client: worker processes that wait for connections on one listening socket.

The client, a process of its own, asks a dozen times; whichever worker is free answers. Then the server ends its workers with
SIGTERM and waits for them.
"""

import os
import signal
import socket

WORKERS = 3
REQUESTS = 12


def fork_child(work):
    """Starts `work` in a child process and returns its process id."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return child


def answer(listener):
    """A worker: answers one connection after another until it is ended."""
    while True:
        connection, _ = listener.accept()
        with connection:
            request = connection.recv(1024)
            connection.sendall(b"echo: " + request)


def ask(address):
    """The client."""
    for number in range(REQUESTS):
        with socket.create_connection(address) as connection:
            connection.sendall(b"request %d" % number)
            assert connection.recv(1024) == b"echo: request %d" % number


def main():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        workers = [fork_child(lambda: answer(listener)) for _ in range(WORKERS)]
        client = fork_child(lambda: ask(address))
        _, status = os.waitpid(client, 0)
        for worker in workers:
            os.kill(worker, signal.SIGTERM)
        for worker in workers:
            os.waitpid(worker, 0)
    print(f"{REQUESTS} requests answered by {WORKERS} processes")
    raise SystemExit(os.waitstatus_to_exitcode(status))


main()
