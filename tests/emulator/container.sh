#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Goes through the Containerfile beside it, step by step, where no container
# engine runs: in a root that is thrown away afterwards, as
#
#   tests/suite.sh trixie tests/emulator/container.sh
#
# There the packages are installed already, and no network is there: of those
# that the last stage names it is checked that they bring every library. Then
# the entry point is run, its health asked for, and a token of it.
# Exit status: 0 or 1; 2 where it would change a machine that stays.

set -euo pipefail
shopt -s inherit_errexit

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
top=$(readlink -f "$here/../..")
user=root
folder=/
named=()
stage=0
pid=

fail()
{
    echo "container: FAILED: $*" >&2
    exit 1
}

finish()
{
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
}
trap finish EXIT

if [ "$(findmnt -n -o FSTYPE / 2>/dev/null)" != overlay ] \
    || [ "$(ip -o link | wc -l)" -ne 1 ]; then
    echo "container.sh: run it by tests/suite.sh trixie $0" >&2
    exit 2
fi

# In place of apt-get, for a RUN: the packages are to be there.
mkdir -p /run/steps
cat >/run/steps/apt-get <<'END'
#!/bin/sh
[ "$1" = install ] || exit 0
shift
for name; do
    case $name in -*) continue ;; esac
    dpkg -s "$name" >/dev/null || exit 1
    echo "$name" >>/run/steps/named
done
END
chmod 755 /run/steps/apt-get

# as_user COMMAND...
as_user()
{
    (cd "$folder" && exec setpriv --reuid "$user" --regid "$(id -g "$user")" \
        --init-groups env HOME="$folder" PATH="/run/steps:$PATH" "$@")
}

copy()
{
    if [[ $1 = --from=* ]]; then
        cp -a "$2" "$3"
    else
        mkdir -p "$2"
        tar -C "$top/$1" -c --exclude ./build --exclude ./.git . | tar -C "$2" -x
    fi
}

# step INSTRUCTION REST
step()
{
    local -a words

    echo "container: $1 $2"
    read -ra words <<<"$2"
    case $1 in
    FROM)
        stage=$((stage + 1))
        user=root
        folder=/
        : >/run/steps/named
        ;;
    COPY) copy "${words[@]}" ;;
    RUN) as_user /bin/sh -c "$2" ;;
    USER) user=$2 ;;
    WORKDIR) folder=$2 ;;
    EXPOSE) ;;
    HEALTHCHECK) health=${2#*CMD } ;;
    ENTRYPOINT) mapfile -t entry < <(jq -r '.[]' <<<"$2") ;;
    *) fail "$1: not an instruction that is known here" ;;
    esac || fail "$1 $2"
}

# What the packages, and all that they depend on, bring.
bring()
{
    local -A seen=()
    local -a todo=("$@")
    local name

    while [ ${#todo[@]} -gt 0 ]; do
        name=${todo[-1]}
        unset 'todo[-1]'
        [ -z "${seen[$name]:-}" ] || continue
        seen[$name]=1
        mapfile -t -O ${#todo[@]} todo < <(
            # shellcheck disable=SC2016 # a field of dpkg-query
            dpkg-query -W -f '${Pre-Depends}, ${Depends}\n' "$name" 2>/dev/null \
                | tr ',' '\n' | sed 's/^ *//; s/[:( |].*//; /^$/d'
        )
        todo=("${todo[@]}")
    done
    printf '%s\n' "${!seen[@]}"
}

check_libraries()
{
    local library owner there

    there=$(bring "${named[@]}")
    while read -r library; do
        owner=$(dpkg -S "$(readlink -f "$library")" 2>/dev/null \
            || dpkg -S "${library##*/}" | head -n 1)
        owner=${owner%%:*}
        grep -qxF "$owner" <<<"$there" \
            || fail "$library is of $owner, which no package of the image brings"
    done < <(ldd "${entry[0]}" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p')
}

while read -r instruction rest; do
    [[ $instruction != \#* && -n $instruction ]] || continue
    step "$instruction" "$rest"
done <"$here/Containerfile"
mapfile -t named </run/steps/named
check_libraries
[ "$stage" = 2 ] || fail "$stage stages"

mkfifo -m 666 /run/steps/ready
as_user "${entry[@]}" --ready-fd 3 3<>/run/steps/ready &
pid=$!
read -r -t 30 ready </run/steps/ready || fail 'it does not start'
as_user /bin/sh -c "$health" | grep -x true >/dev/null || fail 'it is not healthy'
get()
{
    jq -r ".$1" <<<"$ready"
}
curl -fsS --cacert /tmp/ca.pem "https://localhost:8443/$(get tenant_id)/oauth2/v2.0/token" \
    -d grant_type=client_credentials -d client_id="$(get client_id)" \
    --data-urlencode client_secret@<(printf %s "$(get client_secret)") \
    -d scope=https://vault.azure.net/.default | jq -e .access_token >/dev/null \
    || fail 'it gives no token'
[ -s /var/lib/akv-emulator/state/identity.json ] || fail 'it keeps no state'
[ "$(stat -c %U /var/lib/akv-emulator/state)" = akv-emulator ] || fail 'not its own user'
echo '1 passed, 0 failed, 0 skipped'
