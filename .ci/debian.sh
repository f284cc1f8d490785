#!/usr/bin/env bash
# Installs what the tests need beside Python and lack, where that is possible (root on Debian or Ubuntu). Elsewhere it
# names every missing package with the one line that installs them all; the tests of what is missing are skipped then.
set -eu
missing=()
need() { # need PACKAGE PATH...: one of the paths, which may be patterns, must exist
  local package=$1 path
  shift
  for path in "$@"; do
    [ -n "$(compgen -G "$path")" ] && return
  done
  missing+=("$package")
}
need postgresql "/usr/lib/postgresql/*/bin/initdb"              # every storage test runs on it as well
need redis-server "/usr/bin/redis-server" "/usr/local/bin/redis-server" # the bus between processes
need clamav-daemon "/usr/sbin/clamd"                             # the virus scan; with a signature of the test's own
need chromium "/usr/bin/chromium" "/usr/bin/chromium-browser" "/snap/bin/chromium" # the web client
command -v npm >/dev/null || missing+=(nodejs npm) # stock clients of Socket.IO
[ ${#missing[@]} -eq 0 ] && exit 0
line="apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive $line -qq >/dev/null && exit 0
  echo "could not install: ${missing[*]}" >&2
  [ -z "${RT_NO_SKIP:-}" ] || exit 1
else
  echo "missing, their tests are skipped: ${missing[*]}"
  echo "  sudo $line"
fi
