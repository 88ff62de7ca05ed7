"""The scripts of `deploy/backup`. The tests run these scripts under the account of the test server."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.serving import CHECKOUT
from tests.servers.replication import DATABASE, ROLE, Node

SCRIPTS = CHECKOUT / "deploy" / "backup"


@dataclass(frozen=True, slots=True)
class BackupScripts:
    """Copies of the scripts in a directory that the account of the server can read."""

    directory: Path

    @classmethod
    def copied_for(cls, node: Node) -> "BackupScripts":
        for script in SCRIPTS.glob("*.sh"):
            node.account.write(node.directory.parent / script.name, script.read_text())
        return cls(node.directory.parent)

    def try_run(
        self, node: Node, script: str, *arguments: str | Path, database: str = DATABASE, user: str = ROLE
    ) -> "subprocess.CompletedProcess[str]":
        """Run a script that connects to the server."""
        environment = {
            "PATH": f"{node.binaries.directory}:{os.defpath}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(node.port),
            "PGUSER": user,
            "PGPASSWORD": node.password,
            "PGDATABASE": database,
        }
        settings = [f"{name}={value}" for name, value in environment.items()]
        command = ["bash", str(self.directory / script), *map(str, arguments)]
        return node.account.run(["/usr/bin/env", *settings, *command])

    def run(self, node: Node, script: str, *arguments: str | Path, database: str = DATABASE) -> None:
        result = self.try_run(node, script, *arguments, database=database)
        assert result.returncode == 0, result.stderr

    def archive_command(self, archive: Path) -> str:
        return f'bash {self.directory / "archive-wal.sh"} "%p" "%f" {archive}'
