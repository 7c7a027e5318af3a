#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The managed identity of Azure Arc. Its key files are read from one folder of
# the system only, so the test has a /var/opt of its own, in a mount namespace
# that nobody else sees.

if [ -z "${ARC_NAMESPACE:-}" ]; then
    new=(unshare --mount)
    # Who is root already may be in a chroot, where no user can be mapped.
    [ "$(id -u)" -eq 0 ] || new+=(--map-root-user)
    if ! "${new[@]}" mount -t tmpfs none /var/opt 2>&1; then
        echo "skipped: no mount namespace can be made"
        exit 77
    fi
    ARC_NAMESPACE=yes exec "${new[@]}" "$0" "$@"
fi

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

# The new mount is private to us, or it is not made: see unshare(1).
[ "$(readlink /proc/self/ns/mnt)" != "$(readlink /proc/$PPID/ns/mnt)" ] \
    || fail "this is everybody's mount namespace"
mount -t tmpfs none /var/opt
tokens=/var/opt/azcmagent/tokens
mkdir -p "$tokens"

echo '{"secrets": [{"name": "s", "value": "the value"}]}' >"$work/seed.json"
emulator_options=(--arc-dir "$tokens")
start_vault
s=akv://$vault/secrets/s
unset AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET
export AZURE_POD_IDENTITY_AUTHORITY_HOST=http://127.0.0.1:9
export AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential
vars=(IDENTITY_ENDPOINT="$identity_url/arc/metadata/identity/oauth2/token"
    IMDS_ENDPOINT="$identity_url")

good secret show "$s" --output raw
equal "$(cat "$work/out")" 'the value' "the secret"
good login check
contains "$work/out" '^ManagedIdentityCredential: a token, which is used$'
contains "$work/out" "^    appid: $client_id\$"

# The machine has one identity, its own.
vars+=(AKV_MANAGED_IDENTITY_ID=other)
bad 5 'managed-identity-id' secret show "$s"
