"""Change the owner of a cluster whose server ran as `nobody` under a former release."""

import os
import stat

from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.former_server import end_former_server
from adapters.embedded_postgres.layout import Layout


def hand_over(layout: Layout, account: Account) -> None:
    """Stop the former owner's server, and make the account the owner of the cluster's files.

    The owner of the cluster's own directory is changed last. If the handover is interrupted, this directory
    still has the former owner. The next start then repeats the handover.

    During the handover, the former owner could replace a file with a link. Therefore the function does not follow
    links. It opens each file, and changes the owner of the open file.
    """
    if not account.is_another or not layout.cluster.exists():
        return
    status = layout.cluster.stat()
    if status.st_uid in {account.uid, 0}:
        return
    former = Account(status.st_uid, status.st_gid)
    with layout.server_lock.open("a") as lock:
        end_former_server(layout, former, lock)
    for _, _, names, folder in os.fwalk(layout.cluster, topdown=False):
        for name in names:
            if stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
                try:
                    _give(file, former, account)
                finally:
                    os.close(file)
        _give(folder, former, account)


def _give(file: int, former: Account, account: Account) -> None:
    if os.fstat(file).st_uid == former.uid:
        os.fchown(file, account.uid, account.gid)
