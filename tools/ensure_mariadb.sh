#!/usr/bin/env bash
# Sees to it that the tests find a MariaDB server: one given by URL, one installed, or Debian's package where we may install it.
# The package's own service is not started: the tests start private servers on free ports.
set -euo pipefail

if [ -n "${TELEMED_TEST_MARIADB_URL:-}" ]; then
    echo "MariaDB: the server of TELEMED_TEST_MARIADB_URL."
    exit 0
fi
if PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v mariadbd >/dev/null; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "MariaDB: no mariadbd on PATH. Install your system's mariadb-server, or set TELEMED_TEST_MARIADB_URL;" >&2
    echo "         without it the tests on MariaDB are skipped (with CI=true: fail)." >&2
    exit 0
fi

echo "MariaDB: installing Debian's package mariadb-server; its service is not started."
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq </dev/null
apt-get install -y -qq --no-install-recommends mariadb-server mariadb-client </dev/null
