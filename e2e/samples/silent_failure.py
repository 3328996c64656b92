#!/usr/bin/python3
"""Exits with 1 and says nothing, because a file cannot be opened: the trace says which, and why.

A service looks for its settings: the local ones do not exist (ENOENT), the general ones belong to somebody else (EACCES).
Started by root, the service first becomes the user `nobody`; started by anyone else, the file is closed to its owner, too.
"""

import os
import pwd
import sys
import tempfile


def become_nobody():
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


def serve(folder):
    """The service: gives up without a word when it finds no settings."""
    for name in ["settings.local.conf", "settings.conf"]:
        try:
            with open(os.path.join(folder, name)) as settings:
                return settings.read()
        except OSError:
            continue
    sys.exit(1)


def main():
    is_root = os.geteuid() == 0
    with tempfile.TemporaryDirectory(prefix="syscope-sample-") as folder:
        os.chmod(folder, 0o755)
        settings = os.path.join(folder, "settings.conf")
        with open(settings, "w") as file:
            file.write("colour = blue\n")
        os.chmod(settings, 0o600 if is_root else 0)
        service = os.fork()
        if service == 0:
            if is_root:
                become_nobody()
            try:
                serve(folder)
            except SystemExit as end:
                os._exit(end.code)
            os._exit(0)
        _, status = os.waitpid(service, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


main()
