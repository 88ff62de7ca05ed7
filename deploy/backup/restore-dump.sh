#!/usr/bin/env bash
# Restore a dump into an empty database, completely or not at all. Usage: restore-dump.sh FILE
#
# Connects as psql does: PGHOST, PGPORT, PGUSER, PGDATABASE, and a password file or PGPASSWORD.
set -euo pipefail

file=${1:?usage: restore-dump.sh FILE}
database=${PGDATABASE:?PGDATABASE names no database}
query() {
    psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --command="$1"
}

if [[ $(query "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") != 0 ]]; then
    echo "the database $database is not empty" >&2
    exit 1
fi
pg_restore --single-transaction --no-owner --dbname="$database" -- "$file"
# A dump has no statistics for the planner before PostgreSQL 18. The owner of a database gets a warning for each system
# table, which only a superuser can analyze.
query "SET client_min_messages = error; ANALYZE"
