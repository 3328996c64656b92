#!/usr/bin/python3
"""A threaded server with a client: one thread for each connection.

The client, a process of its own, keeps four connections open at once and asks on each in turn. In the fork tree the threads
are told from the processes by their clone flags.
"""

import os
import socket
import threading

CONNECTIONS = 4
ROUNDS = 3


def answer(connection):
    """A thread of the server: answers on one connection until the client closes it."""
    with connection:
        while request := connection.recv(1024):
            connection.sendall(b"echo: " + request)


def ask(address):
    """The client."""
    connections = [socket.create_connection(address) for _ in range(CONNECTIONS)]
    for number in range(ROUNDS):
        for connection in connections:
            connection.sendall(b"request %d" % number)
            assert connection.recv(1024) == b"echo: request %d" % number
    for connection in connections:
        connection.close()


def main():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        client = os.fork()
        if client == 0:
            listener.close()
            ask(address)
            os._exit(0)
        threads = []
        for number in range(CONNECTIONS):
            connection, _ = listener.accept()
            thread = threading.Thread(target=answer, args=[connection], name=f"answer-{number}")
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()
    _, status = os.waitpid(client, 0)
    print(f"{CONNECTIONS * ROUNDS} requests answered by {CONNECTIONS} threads")
    raise SystemExit(os.waitstatus_to_exitcode(status))


main()
