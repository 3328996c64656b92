#!/usr/bin/python3
"""Prints a line every second and swallows an error: what it misses is seen only by attaching to it.

    swallowed_error.py [SECONDS]

It runs until it is ended, or for SECONDS seconds.
"""

import itertools
import sys
import time

SETTINGS = "/var/lib/syscope-sample/settings.conf"


def read_settings():
    try:
        with open(SETTINGS) as settings:
            return settings.read()
    except OSError:
        return ""


def main():
    seconds = range(int(sys.argv[1])) if len(sys.argv) > 1 else itertools.count()
    for second in seconds:
        read_settings()
        print(f"running for {second} s, all is well", flush=True)
        time.sleep(1)


main()
