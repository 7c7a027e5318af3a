#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Called as modules.sh FOLDER: puts the packages of js/package-lock.json there,
# with a stamp behind them, for the tests in JavaScript. This alone asks a
# server that is not on this machine: npm's registry, or the mirror that the
# user's npm is set up with.

set -euo pipefail
exec </dev/null

folder=${1:?usage: $0 FOLDER}
sources=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/js

# Of what npm says when it fails.
unreachable=' (E(NOTFOUND|AI_AGAIN|CONN|[A-Z]*TIMEDOUT|NETUNREACH|HOSTUNREACH'
unreachable+='|PROTO|SOCKETTIMEOUT|407|50[0-9])|ERR_SOCKET|.*(CERT|ISSUER))'

skip()
{
    echo "skipped: $*"
    exit 77
}

command -v node >/dev/null || skip "node is not installed (package nodejs)"
command -v npm >/dev/null || skip "npm is not installed (package npm)"
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 18 ] || skip "node is of version $major (wanted: 18 or later)"

mkdir -p "$folder"
cd "$folder"
exec 9>lock
flock 9
stamp=$({
    node -v
    cat "$sources/package.json" "$sources/package-lock.json"
} | sha256sum)
[ "$(cat stamp 2>/dev/null)" != "$stamp" ] || exit 0

rm -rf stamp node_modules
cp "$sources/package.json" "$sources/package-lock.json" .
status=0
npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier \
    --engine-strict --fetch-retries=2 --fetch-retry-mintimeout=1000 \
    --fetch-retry-maxtimeout=5000 --fetch-timeout=60000 \
    --cache "$PWD/cache" >npm.log 2>&1 9>&- || status=$?
cat npm.log
if [ "$status" -ne 0 ]; then
    rm -rf node_modules
    # npm may have said neither: then it is no matter of the network.
    reason=$(grep -oE '(code|errno) [A-Z0-9_]+' npm.log | head -n 1) || true
    # No network, or no way through: no answer of the registry's.
    [[ ! $reason =~ $unreachable ]] \
        || skip "npm's registry cannot be reached (${reason##* })"
    exit 1
fi
rm -rf cache
echo "$stamp" >stamp
