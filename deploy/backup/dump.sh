#!/usr/bin/env bash
# Write a dump of one database into a file. Usage: dump.sh FILE
#
# Connects as psql does: PGHOST, PGPORT, PGUSER, PGDATABASE, and a password file or PGPASSWORD. pg_dump must be at least as
# new as the server.
set -euo pipefail

file=${1:?usage: dump.sh FILE}
: "${PGDATABASE:?PGDATABASE names no database}"
if [[ -e $file ]]; then
    echo "$file exists" >&2
    exit 1
fi

# The file gets its name when it is complete, so that a backup that failed cannot be mistaken for a good one.
partial=$(mktemp -- "$file.XXXXXX")
trap 'rm -f -- "$partial"' EXIT
pg_dump --format=custom --file="$partial"
pg_restore --file=/dev/null -- "$partial" # reads the whole dump
sync -- "$partial"
mv -- "$partial" "$file"
