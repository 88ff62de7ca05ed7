#!/usr/bin/env bash
# Copy one file of the write-ahead log into the archive. PostgreSQL runs this script:
#
#   archive_mode = on
#   archive_command = '/path/of/archive-wal.sh "%p" "%f" /path/of/the/archive'
#
# PostgreSQL repeats the command until its exit code is 0, and keeps the file until then.
set -euo pipefail

source=$1 name=$2 archive=$3
target=$archive/$name

if [[ -e $target ]]; then
    # PostgreSQL repeats a file if it crashed before it recorded the success.
    cmp --silent -- "$source" "$target" && exit 0
    echo "$target exists with other content: does another server use this archive?" >&2
    exit 1
fi
partial=$(mktemp -- "$archive/.$name.XXXXXX")
trap 'rm -f -- "$partial"' EXIT
cp -- "$source" "$partial"
sync -- "$partial"
ln -- "$partial" "$target" # fails if another process has made the target meanwhile
sync -- "$archive"
