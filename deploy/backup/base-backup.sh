#!/usr/bin/env bash
# Copy a running server into a directory, with the log that makes the copy consistent. Usage: base-backup.sh DIRECTORY
#
# Connects as psql does: PGHOST, PGPORT, PGUSER, and a password file or PGPASSWORD. The role needs the attribute REPLICATION,
# and pg_hba.conf must permit the connection. The programs must have the major version of the server.
set -euo pipefail

directory=${1:?usage: base-backup.sh DIRECTORY}
if [[ -e $directory ]]; then
    echo "$directory exists" >&2
    exit 1
fi

# The directory gets its name when it is complete, so that a backup that failed cannot be mistaken for a good one.
partial=$(mktemp --directory -- "$directory.XXXXXX")
trap 'rm -rf -- "$partial"' EXIT
pg_basebackup --pgdata="$partial" --wal-method=stream --checkpoint=fast
pg_verifybackup --quiet -- "$partial"
mv -- "$partial" "$directory"
