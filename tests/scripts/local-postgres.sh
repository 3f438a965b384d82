#!/usr/bin/env bash
# deploy/local-postgres keeps what it promises: one cluster a folder, and no kill that it does not recover from.
set -euo pipefail
ROOT=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../..
TEMP=$(mktemp -d) # mode 700: as root, a folder that the database's user cannot enter
DIR="$TEMP/with a space"
local_postgres() { "$ROOT/deploy/local-postgres" "$@"; }
trap 'local_postgres drop "$DIR" || true; rm -rf "$TEMP"' EXIT

expect() { # expect WHAT ACTUAL PATTERN
    # shellcheck disable=SC2053 # a pattern is what it is
    if [[ $2 != $3 ]]; then printf '%s: got "%s", expected "%s"\n' "$1" "$2" "$3" && exit 1; fi
}

expect "status before" "$(local_postgres status "$DIR")" stopped
local_postgres start "$DIR"
PORT=$(<"$DIR/port")
expect "status after start" "$(local_postgres status "$DIR")" "ready * 127.0.0.1:$PORT"
expect "url" "$(local_postgres url "$DIR" payments payments_app)" "Host=127.0.0.1;Port=$PORT;Database=payments;Username=payments_app;Password=????*"
expect "password's mode" "$(stat -c %a "$DIR/postgres.password")" 600
expect "second start" "$(local_postgres start "$DIR")" "*runs already*"

local_postgres kill "$DIR"
expect "status after kill" "$(local_postgres status "$DIR")" stopped
local_postgres start "$DIR"
expect "port after kill" "$(<"$DIR/port")" "$PORT"

# The postmaster alone: its pid file and maybe its children stay behind.
read -r _ pid _ <<<"$(local_postgres status "$DIR")"
kill -KILL "$pid"
local_postgres start "$DIR"
local_postgres stop "$DIR"
expect "status after stop" "$(local_postgres status "$DIR")" stopped

# A pid file whose number is a stranger's by now must neither hinder a start nor hurt the stranger.
sleep 60 &
stranger=$!
data=$(readlink -f "$DIR/cluster/data")
printf '%s\n%s\n0\n%s\n\n127.0.0.1\n0 0\nready\n' "$stranger" "$data" "$PORT" >"$data/postmaster.pid"
local_postgres stop "$DIR"
local_postgres start "$DIR"
kill "$stranger"

local_postgres drop "$DIR"
expect "what drop leaves" "$(ls -A "$TEMP")" ""
