#!/usr/bin/python3
"""Writes, reads and deletes a file, sleeps half a second, and sends a UDP packet to a local port."""

import os
import socket
import tempfile
import time

TEXT = b"the quick brown fox jumps over the lazy dog\n" * 100


def write_read_delete():
    handle, path = tempfile.mkstemp(prefix="syscope-sample-")
    with os.fdopen(handle, "wb") as file:
        file.write(TEXT)
    with open(path, "rb") as file:
        assert file.read() == TEXT
    os.unlink(path)


def send_packet():
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        sender.sendto(b"hello", receiver.getsockname())
        message, _ = receiver.recvfrom(64)
        print("received", message.decode())


write_read_delete()
time.sleep(0.5)
send_packet()
