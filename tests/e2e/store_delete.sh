#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# OSSL_STORE_delete: keys, and only where the settings allow it.
# Usage: store_delete.sh BUILD-DIR ORDER

# shellcheck source=objects.sh
. "$(dirname "${BASH_SOURCE[0]}")/objects.sh"

# cannot_delete PATTERN URI: with one reason, and without asking anybody.
cannot_delete()
{
    reset_counters
    expect_error "$1" objects delete "$2"
    expect_count total 0 tcp_accepts 0
}

forbidden()
{
    cannot_delete 'bad setting.*allow-delete' "$(uri ec)"
    cannot_delete 'malformed key identifier.*a_b' "akv://$vault/keys/a_b"
}

refusals()
{
    local version

    version=$(newest_version ec)
    cannot_delete 'leave out the version' "$(uri ec)/$version"
    cannot_delete 'only keys can be deleted' "akv://$vault/secrets/s"
    cannot_delete 'only keys can be deleted' "akv://$vault/certificates/c"
    cannot_delete 'only keys can be deleted' "akv://$vault/keys"
    cannot_delete 'only keys can be deleted' "akv://$vault"
    cannot_delete 'not trusted with a token' akv://evil.example.org/keys/ec
    expect_error 'not found.*absent' objects delete "$(uri absent)"
}

# The vault keeps it for a while.
deletion()
{
    reset_counters
    objects delete "$(uri ec)"
    expect_count delete_key 1 total 1
    expect_error 'not found' ossl pkey -in "$(uri ec)" -noout
    akv key list-deleted "akv://$vault/keys" >deleted
    contains deleted '/ec$'
    ossl pkey -in "$(uri rsa)" -noout
    expect_error 'not found' objects delete "$(uri ec)"
    as nobody
    expect_error 'forbidden.*delete permission' objects delete "$(uri rsa)"
    as
    akv key recover "$(uri ec)" >recovered
    ossl pkey -in "$(uri ec)" -noout
}

objects="$build/tests/e2e/objects"
can=0
"$objects" delete akv://x/keys/y >"${TMPDIR:?}/why" 2>&1 || can=$?
[ "$can" -ne 77 ] || skip "$(<"$TMPDIR/why")"
make_keys
cat >"$work/seed.json" <<'END'
{"keys": [
  {"name": "rsa", "kty": "RSA", "pem_file": "rsa.pem"},
  {"name": "ec", "kty": "EC", "pem_file": "ec.pem"}],
 "principals": [
  {"client_id": "nobody", "client_secret": "nobody-secret",
   "operations": []}]}
END
begin
forbidden
vars=(AKV_ALLOW_DELETE=yes)
refusals
deletion
