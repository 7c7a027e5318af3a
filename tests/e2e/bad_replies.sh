#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Replies that are not what the service promises: bad_replies.sh BUILD-DIR
# rsa|ec. What has to be borne is, and all else is refused.

# shellcheck source=bad_input.sh
. "$(dirname "${BASH_SOURCE[0]}")/bad_input.sh"

# bad_reply OPERATION ACTION PATTERN
bad_reply()
{
    fault '[{"match":{"op":"'"$1"'"},"action":{'"$2"'}}]'
    sign_fails "$3"
}

# Whatever body the vault answers with.
bodies()
{
    local op

    for op in get_key sign; do
        bad_reply $op '"body":"not_json"' 'bad reply'
        bad_reply $op '"body":"truncated"' 'bad reply'
        bad_reply $op '"body":"empty"' 'bad reply'
        bad_reply $op '"body":"html"' 'bad reply'
        bad_reply $op '"body":"huge"' '(bad reply|reached).*(large|limit)'
        bad_reply $op '"status":400' 'refused by the service.*HTTP 400'
        bad_reply $op '"status":403' 'forbidden.*HTTP 403'
        bad_reply $op '"status":404' 'not found.*HTTP 404'
        bad_reply $op '"status":409' 'conflict.*HTTP 409'
        bad_reply $op '"status":418' 'refused by the service.*HTTP 418'
        bad_reply $op '"status":204' 'bad reply'
        bad_reply $op '"status":401' 'authentication failed.*HTTP 401'
        bad_reply $op '"status":{"code":403,"message":"<a> \u0000\u001b[31m"}' \
            'forbidden'
        lacks "$work/err" $'\e'
    done
}

members()
{
    local member how

    for member in kid value; do
        for how in missing null wrong_type; do
            bad_reply sign '"field":{"'$member'":"'$how'"}' "bad reply.*$member"
        done
    done
    bad_reply sign '"field":{"value":"bad_base64url"}' 'bad reply.*value'
    bad_reply sign '"field":{"value":"short"}' 'bad reply.*bytes'
    bad_reply sign '"field":{"value":"long"}' 'bad reply.*bytes'
    bad_reply sign '"field":{"value":"bit_flipped"}' 'bad signature'
    bad_reply sign '"field":{"kid":"wrong_name"}' 'bad reply.*kid'
    bad_reply sign '"field":{"kid":"wrong_version"}' 'bad reply.*kid'
    for member in kid kty "$@"; do
        for how in missing null wrong_type; do
            bad_reply get_key '"field":{"key.'"$member"'":"'$how'"}' 'bad reply'
        done
    done
    bad_reply get_key '"field":{"key":"missing"}' "bad reply.*key"
    bad_reply get_key '"field":{"key.kid":"wrong_name"}' 'bad reply.*kid'
    bad_reply get_key '"field":{"key.'"$1"'":"bad_base64url"}' 'bad reply'
    fault '[]'
}

# What other services do and a client can bear.
tolerated()
{
    local row

    for row in '{"kid":"wrong_host"}' '{"value":"padded"}'; do
        fault '[{"match":{"op":"sign"},"action":{"field":'"$row"'}}]'
        sign_works
    done
    for row in "$@"; do
        fault '[{"match":{"op":"get_key"},"action":{"field":'"$row"'}}]'
        sign_works
    done
    fault '[]'
}

# The setting decides whether a wrong signature is noticed.
unverified()
{
    fault '[{"match":{"op":"sign"},"action":{"field":{"value":"bit_flipped"}}}]'
    sign_fails 'bad signature.*does not verify'
    vars=(AKV_VERIFY_SIGNATURES=no)
    ossl dgst -sha256 -sign "$key" -out sig data
    vars=()
    if plain dgst -sha256 -verify "$pub" -signature sig data; then
        fail 'the emulator has not spoilt the signature'
    fi
    rm sig
    fault '[]'
}

replies_rsa()
{
    bodies
    members n e
    tolerated '{"key.kid":"wrong_host"}' '{"key.n":"leading_zero"}' \
        '{"key.n":"padded"}'
    unverified
    redirect
}

replies_ec()
{
    key=$(uri ec) pub=ec.pub
    members x y crv
    bad_reply get_key '"field":{"key.x":"bit_flipped"}' 'bad reply.*no valid RSA or EC public key'
    bad_reply get_key '"field":{"key.y":"long"}' 'bad reply'
    tolerated '{"key.kid":"wrong_host"}' '{"key.x":"padded"}'
    unverified
}

# The bearer token stays with the host that it is for.
redirect()
{
    local code

    for code in 301 302 303 307 308; do
        reset_counters
        bad_reply sign '"status":{"code":'$code',"headers":{"Location":"'"$vault_url/stolen"'"}}' \
            "refused by the service.*HTTP $code"
        expect_count sign 1 total 2
    done
    [[ $(control /log) != *stolen* ]] || fail 'a redirect was followed'
    fault '[]'
}

begin
"replies_${2:?}"
end
