# What the commands in this folder share. Sourced, never run.
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
caller=$PWD
cd "$checkout"

# Where builds and stamps are kept: outside the checkout, so that a fresh clone does not compile RocksDB again.
# FONDS_CACHE names another folder.
fonds_cache=${FONDS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fonds}
export CARGO_TARGET_DIR=$fonds_cache/target

# Where the Python packages go. As root: a folder that the server's user, who is not root, can reach.
# fonds looks in both by itself.
if [ "$(id -u)" = 0 ]; then
    venv=/opt/fonds/venv
else
    venv=${XDG_DATA_HOME:-$HOME/.local/share}/fonds/venv
fi
python=$venv/bin/python

# rustup puts cargo where a shell that was opened before does not look.
if ! command -v cargo >/dev/null && [ -x "$HOME/.cargo/bin/cargo" ]; then
    PATH=$HOME/.cargo/bin:$PATH
fi

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Microseconds since 1970.
now() {
    printf '%s' "${EPOCHREALTIME/[.,]/}"
}

# step NAME COMMAND…: runs a command under a name, in a shell of its own, and says how long it took; ends the script
# where it fails. (No `||` here and around it: bash would then go on after a failure in the middle of a function.)
step() {
    local name=$1 begun status took
    shift
    printf '\n── %s\n' "$name"
    begun=$(now)
    set +e
    (set -e; "$@")
    status=$?
    set -e
    took=$((($(now) - begun) / 10000))
    if [ "$status" != 0 ]; then
        printf '── %s: FAILED after %d.%02d s\n' "$name" $((took / 100)) $((took % 100)) >&2
        exit "$status"
    fi
    printf '── %s: %d.%02d s\n' "$name" $((took / 100)) $((took % 100))
}
