# shellcheck shell=bash
# Shared set-up: finds Python and keeps the checkout's environment up to date.
#
#     set -euo pipefail
#     . "$(dirname -- "$(readlink -f -- "$0")")/lib.sh"
#     ensure_environment run          # or: dev, which has everything of run and the tools of the tests
#     "$PYTHON" -m jsquared …
#
# Sets ROOT (the checkout), VENV and PYTHON. VENV is .venv in the checkout or $JSQUARED_VENV; it is never put on PATH, because
# the engine `auto` looks there. $JSQUARED_PYTHON names the Python to build it with. pip's own settings (PIP_INDEX_URL,
# pip.conf) are obeyed. Nothing is printed when there is nothing to do; progress goes to stderr.

ROOT=$(readlink -f -- "${BASH_SOURCE[0]}")
ROOT=${ROOT%/scripts/lib.sh}
VENV=${JSQUARED_VENV:-$ROOT/.venv}
[[ $VENV == /* ]] || VENV=$PWD/$VENV
PYTHON=$VENV/bin/python

readonly EXIT_BAD_INPUT=2 EXIT_LAB_FAILED=4
readonly UNFINISHED=$VENV/.jsquared-unfinished # exists while a set-up is under way; one that was interrupted starts afresh
readonly SETUP_LOG=$VENV/set-up.log

say() { printf '%s\n' "$*" >&2; }

# die EXIT_CODE LINE…
die() {
  local code=$1
  shift
  say "${0##*/}: $*"
  exit "$code"
}

is_root() { [[ $EUID -eq 0 ]]; }

# Install Debian packages as root, with no question asked and no service started.
apt_install() {
  local policy=/usr/sbin/policy-rc.d made_policy="" status=0
  command -v apt-get >/dev/null || return 1
  if [[ ! -e $policy ]] && printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"; then made_policy=yes; fi
  {
    DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
      DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@"
  } </dev/null >&2 || status=$?
  [[ -z $made_policy ]] || rm -f "$policy"
  return "$status"
}

is_suitable_python() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# Set BASE to a Python that is new enough.
choose_python() {
  local name
  if [[ -n ${JSQUARED_PYTHON:-} ]]; then
    BASE=$JSQUARED_PYTHON
    is_suitable_python "$BASE" || die $EXIT_BAD_INPUT "JSQUARED_PYTHON: $BASE is no Python >= 3.11. Try: the path of one"
    return
  fi
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    BASE=$(command -v "$name") && is_suitable_python "$BASE" && return
  done
  die $EXIT_LAB_FAILED "no Python >= 3.11 on PATH. Try: apt-get install python3 python3-venv (Debian 12, Ubuntu 24.04 or newer)"
}

has_ensurepip() { "$BASE" -c 'import ensurepip; ensurepip.version()' >/dev/null 2>&1; }

# Set INSTALL to the command that installs into VENV, which is made here with whatever this machine has.
make_environment() {
  local package
  choose_python
  if ! has_ensurepip && is_root; then
    package=$("$BASE" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    say "Installing $package"
    apt_install "$package" || true
  fi
  # What an interrupted set-up or another Python left would confuse pip. The folder itself stays: it is locked.
  find "$VENV" -mindepth 1 -maxdepth 1 ! -name "${UNFINISHED##*/}" -exec rm -rf -- {} +
  INSTALL=("$PYTHON" -m pip install)
  if has_ensurepip && logged "$BASE" -m venv "$VENV"; then return; fi
  if logged "$BASE" -m venv --without-pip "$VENV"; then
    INSTALL=("$BASE" -m pip --python "$PYTHON" install)
    if "$BASE" -m pip --python "$PYTHON" --version >/dev/null 2>&1; then return; fi
    INSTALL=(uv --no-cache pip install --python "$PYTHON") # its cache would need a home folder
    if command -v uv >/dev/null; then return; fi
  fi
  INSTALL=("$PYTHON" -m pip install)
  if command -v virtualenv >/dev/null && logged virtualenv --python "$BASE" "$VENV"; then return; fi
  if has_ensurepip; then die_of_log "cannot make $VENV"; fi
  package=$("$BASE" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
  die $EXIT_LAB_FAILED "$BASE cannot make virtual environments. Try: sudo apt-get install $package"
}

# Run a command with its output in the log; of what pip says, only the large downloads are shown.
logged() {
  mkdir -p -- "$VENV/tmp" # here, so that an interrupted set-up leaves nothing elsewhere
  TMPDIR=$VENV/tmp PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_PROGRESS_BAR=off "$@" </dev/null 2>&1 |
    tee -a "$SETUP_LOG" |
    sed -un 's/^ *Downloading \([^-]*\)-[^ ]* (\([0-9.]* MB\)).*/  \1, \2/p' >&2
}

# One line that says why the set-up failed, from what the log holds.
die_of_log() {
  local what=$1 last
  last=$(grep -iE '(^|[^a-z])error:' "$SETUP_LOG" | grep -v '^ *WARNING' | tail -n 1 | sed 's/^ *//') || true
  if grep -q 'DO NOT MATCH THE HASHES' "$SETUP_LOG"; then
    what+=": a downloaded package is not the locked one. Try: pip cache purge, or another package index"
  elif grep -qE 'No space left on device' "$SETUP_LOG"; then
    what+=": no space left on the device. Try: freeing some, or JSQUARED_VENV=<a folder on another disk>"
  elif grep -qE 'Retrying|NewConnectionError|NameResolutionError|timed out|Max retries|ProxyError|Failed to fetch|dns error' "$SETUP_LOG"; then
    what+=": the package index cannot be reached. Try: checking the network, the proxy and pip's settings, then again"
  else
    what+=": ${last:-no reason given}. Try: again, or reading $SETUP_LOG"
  fi
  die $EXIT_LAB_FAILED "$what"
}

# What the environment was made from: whatever changes here makes it out of date.
fingerprint() {
  printf '%s\n' "$ROOT" "$(readlink -f -- "$PYTHON")" | cat - "$ROOT/requirements/$1.lock" "$ROOT/pyproject.toml" | sha256sum
}

is_current() {
  local stamp=$VENV/.jsquared-$1
  [[ -x $PYTHON && -r $stamp && ! -e $UNFINISHED && $(<"$stamp") == "$(fingerprint "$1")" ]]
}

# Not a folder that somebody keeps other things in.
refuse_foreign_folder() {
  [[ ! -e $VENV || -d $VENV ]] || die $EXIT_BAD_INPUT "JSQUARED_VENV: $VENV is no folder. Try: another path"
  if [[ -e $VENV/pyvenv.cfg || -e $UNFINISHED || -z $(ls -A -- "$VENV" 2>/dev/null) ]]; then return; fi
  die $EXIT_BAD_INPUT "$VENV: not empty and no virtual environment. Try: JSQUARED_VENV=<a new folder>"
}

# Take the lock that keeps two set-ups of the same environment apart, in the variable's file descriptor.
lock_environment() {
  if ! mkdir -p -- "$VENV" 2>/dev/null || [[ ! -w $VENV ]]; then
    die $EXIT_LAB_FAILED "$VENV: cannot be written. Try: JSQUARED_VENV=<a folder of yours>"
  fi
  exec {LOCK}<"$VENV"
  flock --nonblock "$LOCK" && return
  say "Waiting for another set-up of $VENV"
  flock "$LOCK"
}

set_up() {
  local kind=$1 started=$SECONDS
  say "Setting up $VENV (once)"
  if [[ -e $UNFINISHED || ! -e $VENV/pyvenv.cfg ]] || ! "$PYTHON" -m pip --version >/dev/null 2>&1; then
    : >"$UNFINISHED"
    make_environment
  else
    : >"$UNFINISHED"
    INSTALL=("$PYTHON" -m pip install)
  fi
  : >"$SETUP_LOG"
  say "Installing the packages of requirements/$kind.lock"
  logged "${INSTALL[@]}" --require-hashes --no-deps --only-binary :all: -r "$ROOT/requirements/$kind.lock" ||
    die_of_log "installing the packages failed"
  logged "${INSTALL[@]}" --no-deps --no-build-isolation --no-index -e "$ROOT" || die_of_log "installing the checkout failed"
  # A test package brings a Redis as a script; in an activated environment `--engine auto` would find it.
  rm -f -- "$VENV/bin/redis-server" "$VENV/bin/redis-cli"
  fingerprint "$kind" >"$VENV/.jsquared-$kind"
  if [[ $kind == dev ]]; then fingerprint run >"$VENV/.jsquared-run"; fi
  rm -rf -- "$VENV/tmp"
  rm -f -- "$UNFINISHED"
  say "Ready after $((SECONDS - started)) s"
}

# ensure_environment run|dev
ensure_environment() {
  is_current "$1" || renew_environment "$1"
  # Trials are many short processes: without compiled modules on disk each of them would compile all of JSquared anew.
  unset PYTHONDONTWRITEBYTECODE
}

renew_environment() {
  trap 'exit 130' INT
  refuse_foreign_folder
  lock_environment
  is_current "$1" || set_up "$1"
  exec {LOCK}<&-
  trap - INT
}
