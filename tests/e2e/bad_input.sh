#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# For the tests of what goes wrong: whatever it is, openssl ends with exit
# status 1, in time, and says why in one line of ours: no crash, no hang, no
# second reason, no secret. Source it in place of lib.sh.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The key in use, and its public half.
key=
pub=rsa.pub

# sign_fails PATTERN [WORD OF ENV]...
sign_fails()
{
    local pattern=$1
    local -a vars=("${@:2}")

    expect_error "$pattern" ossl dgst -sha256 -sign "$key" -out sig data
    [ ! -s sig ] || fail 'there is a signature all the same'
}

# A signature is made, and it is a good one.
sign_works()
{
    ossl dgst -sha256 -sign "$key" -out sig data
    plain dgst -sha256 -verify "$pub" -signature sig data
    rm sig
}

# table COMMAND: each line of the standard input, TEXT|PATTERN, is given to
# the command as two arguments.
table()
{
    local line text pattern
    local -a lines

    mapfile -t lines
    [ ${#lines[@]} -gt 0 ] || fail 'an empty table'
    for line in "${lines[@]}"; do
        IFS='|' read -r text pattern <<<"$line"
        [ -n "$pattern" ] || fail "a line without pattern: $text"
        "$1" "$text" "$pattern"
    done
}

# begin: an emulator with a good key each, some bad ones, and principals that
# may do less. Ends in the work folder, and leaves something to sign there.
begin()
{
    make_keys
    cat >"$work/seed.json" <<'END'
{"keys": [
  {"name": "rsa", "kty": "RSA", "pem_file": "rsa.pem"},
  {"name": "ec", "kty": "EC", "pem_file": "ec.pem"},
  {"name": "disabled", "kty": "EC", "attributes": {"enabled": false}},
  {"name": "expired", "kty": "EC", "attributes": {"exp": "-1h"}},
  {"name": "future", "kty": "EC", "attributes": {"nbf": "+1h"}},
  {"name": "verify-only", "kty": "RSA", "pem_file": "rsa.pem",
   "key_ops": ["verify"]}],
 "principals": [
  {"client_id": "reader", "client_secret": "reader-secret",
   "operations": ["get_key"]},
  {"client_id": "nobody", "client_secret": "nobody-secret",
   "operations": []}]}
END
    start_emulator
    cd "$work"
    head -c 300 /dev/zero >data
    key=$(uri rsa)
    # What fails below does not fail for another reason.
    sign_works
}

# None of the faults may have lasted.
end()
{
    fault '[]'
    order options
    key=$(uri rsa) pub=rsa.pub sign_works
}
