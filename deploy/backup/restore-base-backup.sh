#!/usr/bin/env bash
# Prepare a data directory that PostgreSQL recovers to a point in time when it starts. Run as PostgreSQL's account:
#
#   restore-base-backup.sh BACKUP ARCHIVE DATA_DIRECTORY [SETTING=VALUE...]
#
# A setting selects the point, for example "recovery_target_time=2026-01-31 12:00:00+00", recovery_target_name=before-import
# or recovery_target_timeline=1. Without a setting, the whole archive is recovered. Backup and archive are only read.
set -euo pipefail

if (($# < 3)); then
    echo "usage: restore-base-backup.sh BACKUP ARCHIVE DATA_DIRECTORY [SETTING=VALUE...]" >&2
    exit 1
fi
backup=$1 archive=$(realpath -- "$2") data=$3
shift 3
for setting in "$@"; do
    if [[ ! $setting =~ ^recovery_target[a-z_]*= ]]; then
        echo "not a recovery target: $setting" >&2
        exit 1
    fi
done
if [[ $archive == *[^[:alnum:]/._-]* ]]; then
    echo "the path $archive has characters that recovery settings would have to quote" >&2
    exit 1
fi
if [[ -e $data && -n $(ls -A -- "$data") ]]; then
    echo "$data is not empty" >&2
    exit 1
fi

pg_verifybackup --quiet -- "$backup"
mkdir -p -- "$data"
cp -a -- "$backup/." "$data/"
chmod 0700 -- "$data"

# Settings of a former recovery and of replication must not remain. Commits would wait for a standby that does not exist.
{
    grep -Ev '^(recovery_|restore_command|primary_|synchronous_standby_names)' "$backup/postgresql.auto.conf" || true
    echo "synchronous_standby_names = ''"
    echo "restore_command = 'cp $archive/%f %p'"
    echo "recovery_target_action = 'promote'"
    for setting in "$@"; do
        value=${setting#*=}
        echo "${setting%%=*} = '${value//\'/\'\'}'"
    done
} >"$data/postgresql.auto.conf"
rm -f -- "$data/standby.signal"
touch -- "$data/recovery.signal"
