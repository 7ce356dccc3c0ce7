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
# What is never imported need not be compiled, and what is, is once, when it is first imported: a third of what pip would do.
readonly PIP_OPTIONS=(--no-compile)
HEARTBEAT_S=2
INSTALL=()
# shellcheck disable=SC2034 # for whoever sources this
HAS_SET_UP="" # not empty if ensure_environment had something to do

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

# Set INSTALL to a command that installs into VENV without a pip in it: making one there takes a quarter of the set-up.
choose_installer() {
  local pip uv
  # pip's own package, or the wheel of it that every Python brings for its environments (ensurepip)
  pip=$("$BASE" -c '
import importlib.util, pathlib, sysconfig
if importlib.util.find_spec("pip"):
    import pip
    if tuple(int(part) for part in pip.__version__.split(".")[:2]) >= (22, 3):  # the first with --python
        raise SystemExit(print("own"))
folder = sysconfig.get_config_var("WHEEL_PKG_DIR") or pathlib.Path(importlib.util.find_spec("ensurepip").origin).parent / "_bundled"
print(*sorted(pathlib.Path(folder).glob("pip-*.whl"))[-1:], end="")
' 2>/dev/null) || pip=""
  uv=$(command -v uv) || true
  if [[ $pip == own ]]; then
    INSTALL=("$BASE" -m pip --python "$PYTHON" install "${PIP_OPTIONS[@]}")
  elif [[ -n $pip ]]; then
    INSTALL=(env "PYTHONPATH=$pip" "$PYTHON" -m pip install "${PIP_OPTIONS[@]}")
  elif [[ -n $uv ]]; then
    INSTALL=("$uv" --no-cache pip install --python "$PYTHON") # its cache would need a home folder
  else
    return 1
  fi
}

venv_package() { "$BASE" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'; }

# Make VENV, and set INSTALL, with whatever this machine has.
make_environment() {
  if ! choose_installer && is_root; then
    say "Installing $(venv_package)"
    apt_install "$(venv_package)" || true
    choose_installer || true
  fi
  # What an interrupted set-up or another Python left would confuse pip. The folder itself stays: it is locked.
  find "$VENV" -mindepth 1 -maxdepth 1 ! -name "${UNFINISHED##*/}" -exec rm -rf -- {} +
  if ((${#INSTALL[@]})) && logged "making the environment" "$BASE" -m venv --without-pip "$VENV"; then return; fi
  INSTALL=("$PYTHON" -m pip install "${PIP_OPTIONS[@]}")
  if command -v virtualenv >/dev/null && logged "making the environment" virtualenv --python "$BASE" "$VENV"; then return; fi
  if choose_installer; then die_of_log "cannot make $VENV"; fi
  die $EXIT_LAB_FAILED "$BASE cannot make virtual environments. Try: sudo apt-get install $(venv_package)"
}

# Pass what a command says to the log, and say of it that which tells how far it is; something is said every HEARTBEAT_S seconds.
#
#     … | narrate DOING [PACKAGES]
narrate() {
  local doing=$1 packages=${2:-0} fetched=0 began=$SECONDS said=$SECONDS line part="" status
  while :; do
    status=0
    IFS= read -r -t 0.5 line || status=$?
    if ((status > 128)); then
      part+=$line # of a line that is not complete yet
    elif ((status == 0)) || [[ -n $part$line ]]; then
      line=$part$line part=""
      printf '%s\n' "$line" >>"$SETUP_LOG"
      case $line in
      Ignoring\ *) packages=$((packages - 1)) ;; # not for this machine
      Collecting\ *) fetched=$((fetched + 1)) ;;
      *Downloading\ *\ MB\)*)
        if [[ $line =~ Downloading\ ([^-]*)-[^\ ]*\ \(([0-9.]*\ MB)\) ]]; then
          say "  ${BASH_REMATCH[1]}, ${BASH_REMATCH[2]}"
          said=$SECONDS
        fi
        ;;
      Installing\ *) doing=installing ;;
      esac
    else
      return 0
    fi
    if ((SECONDS - said >= HEARTBEAT_S)); then
      said=$SECONDS
      say "  $(so_far), $((said - began)) s"
    fi
  done
}

# How far narrate's command is.
so_far() {
  local there=("$VENV"/lib/python3*/site-packages/*.dist-info)
  [[ -e ${there[0]} ]] || there=()
  case $packages:$doing in
  0:*) printf '%s' "$doing" ;;
  *:installing) printf '%s' "installing: ${#there[@]} of $packages packages are there" ;;
  *) printf '%s' "$doing: $fetched of $packages packages" ;;
  esac
}

# logged DOING COMMAND…: run a command with its output in the log.
logged() {
  local doing=$1
  shift
  in_set_up "$@" </dev/null 2>&1 | narrate "$doing"
}

# Run a command with nothing left elsewhere by an interruption, and pip without questions.
in_set_up() {
  mkdir -p -- "$VENV/tmp"
  TMPDIR=$VENV/tmp PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_PROGRESS_BAR=off "$@"
}

# Install what a lock names. pip takes one package after the other, and most of its time is the processor's: so there are two of it.
install_locked() {
  local lock=$1 packages
  rm -rf -- "$VENV/tmp"
  mkdir -p -- "$VENV/tmp"
  packages=$(grep -c '^[a-z]' "$lock")
  # The packages of a lock need nothing of each other while they are installed.
  awk -v folder="$VENV/tmp" '/^[a-z]/ { number = 1 - number } { print > (folder "/" number + 0 ".lock") }' "$lock"
  printf '%s\0' "$VENV"/tmp/*.lock |
    in_set_up xargs -0 -n 1 -P 2 "${INSTALL[@]}" --require-hashes --no-deps --only-binary :all: -r 2>&1 |
    narrate downloading "$packages"
}

# Install the checkout itself as what a build makes of it: a path.
install_checkout() {
  local folder
  folder=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  [[ -d $folder ]] && printf '%s\n' "$ROOT/src" >"$folder/jsquared.pth"
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
  local kind=$1 started=$SECONDS compiling
  say "Setting up $VENV (once)"
  choose_python
  if [[ -e $UNFINISHED || ! -e $VENV/pyvenv.cfg ]] || ! "$PYTHON" -c "" 2>/dev/null || ! choose_installer; then
    : >"$UNFINISHED"
    make_environment
  fi
  : >"$UNFINISHED"
  : >"$SETUP_LOG"
  say "Installing the packages of requirements/$kind.lock"
  # Meanwhile, as pip often waits. Where it fails, the modules are compiled when they are first imported.
  "$PYTHON" -m compileall -q "$ROOT/src/jsquared" >/dev/null 2>&1 &
  compiling=$!
  install_locked "$ROOT/requirements/$kind.lock" || die_of_log "installing the packages failed"
  wait "$compiling" || true
  install_checkout || die "$EXIT_LAB_FAILED" "cannot write into $VENV. Try: removing it, then again"
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
  if ! is_current "$1"; then
    set_up "$1"
    # shellcheck disable=SC2034
    HAS_SET_UP=yes
  fi
  exec {LOCK}<&-
  trap - INT
}
