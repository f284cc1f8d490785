#!/usr/bin/env bash
# Installs what the tests need and lack, where that is possible (root on Debian or Ubuntu); otherwise tests skip and say so.
set -eu
missing=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
command -v chromium >/dev/null || missing+=(chromium)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "not installed, their tests will be skipped: ${missing[*]} (sudo apt-get install ${missing[*]})"
fi
