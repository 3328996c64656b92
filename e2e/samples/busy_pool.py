#!/usr/bin/python3
"""A pool of processes that computes on every core until SIGTERM ends it.

First the workers get many small tasks: arguments and results cross pipes as pickles, and locks shared between the
processes are futexes. Then each gets one task without an end, and there is silence while they compute. Two seconds later
a helper process asks the program to end; it stops its workers and dies of the signal.
"""

import multiprocessing
import os
import signal
import time

SECONDS = 2


def start_helper():
    """Forks a helper that sends this process SIGTERM a while after the returned pipe is written to."""
    program = os.getpid()
    go_read, go_write = os.pipe()
    if os.fork() == 0:
        os.close(go_write)
        if os.read(go_read, 1):
            time.sleep(SECONDS)
            os.kill(program, signal.SIGTERM)
        os._exit(0)
    os.close(go_read)
    return go_write


def accept_sigterm():
    """Run by each worker: it has inherited the blocked signal."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])


def square(number):
    return number * number


def compute_for_ever(seed):
    value = seed
    while True:
        value = (value * 1103515245 + 12345) % 2**31


def main():
    go = start_helper()
    # Blocked in every thread, the signal waits for sigwait; a handler might never run while the main thread waits on a lock.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    workers = len(os.sched_getaffinity(0))
    with multiprocessing.Pool(workers, initializer=accept_sigterm) as pool:
        print("squares:", sum(pool.map(square, range(1000), chunksize=50)), flush=True)
        pool.map_async(compute_for_ever, range(workers), chunksize=1)
        os.write(go, b"g")
        signal.sigwait([signal.SIGTERM])
    os.kill(os.getpid(), signal.SIGTERM)
    accept_sigterm()


if __name__ == "__main__":
    main()
