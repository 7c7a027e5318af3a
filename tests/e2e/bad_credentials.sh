#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Credentials that are missing, refused or of no use.

# shellcheck source=bad_input.sh
. "$(dirname "${BASH_SOURCE[0]}")/bad_input.sh"

credentials()
{
    sign_fails 'authentication failed.*no credential: .*: tenant-id' \
        -u AZURE_TENANT_ID
    sign_fails 'authentication failed.*no credential: .*: client-id' \
        -u AZURE_CLIENT_ID
    sign_fails 'authentication failed.*no credential: .*client-secret' \
        -u AZURE_CLIENT_SECRET
    sign_fails 'authentication failed.*AKV_ACCESS_TOKEN' AKV_CREDENTIAL=token
    reset_counters
    sign_fails 'authentication failed.*invalid_client.*AADSTS7000215: Inv' \
        AZURE_CLIENT_SECRET=wrong
    sign_fails 'authentication failed.*unauthorized_client.*AADSTS700016' \
        AZURE_CLIENT_ID=11111111-2222-3333-4444-555555555555
    # A token is asked for in the vault's own tenant, or not at all.
    sign_fails 'authentication failed.*tenant' \
        AZURE_TENANT_ID=11111111-2222-3333-4444-555555555555
    expect_count tokens 0 total 0
    lacks "$work/err" "${client_secret%%~*}~"
    sign_fails 'authentication failed.*expired .* seconds ago' \
        "AKV_ACCESS_TOKEN=$(old_token)"
    sign_fails 'authentication failed.*HTTP 401' \
        AKV_ACCESS_TOKEN=not-a-token-at-all
}

# A JSON Web Token of yesterday, which nobody has signed.
old_token()
{
    printf 'eyJhbGciOiJub25lIn0.%s.x\n' \
        "$(printf '{"exp":%d}' $(($(date +%s) - 86400)) | base64 -w0 | tr -d =)"
}

may_not_sign()
{
    sign_fails 'forbidden.*403 Forbidden' AZURE_CLIENT_ID=reader \
        AZURE_CLIENT_SECRET=reader-secret
    sign_fails 'forbidden.*403 Forbidden' AZURE_CLIENT_ID=nobody \
        AZURE_CLIENT_SECRET=nobody-secret
}

# The token endpoint answers 200, but what it gives is of no use.
bad_tokens()
{
    local row

    for row in '"token":"expired"' '"token":"wrong_audience"'; do
        fault '[{"match":{"op":"token"},"action":{'"$row"'}}]'
        sign_fails 'authentication failed.*HTTP 401'
    done
    for row in '"body":"not_json"' '"body":"empty"' '"body":"html"' \
        '"body":"truncated"' '"body":"huge"' \
        '"field":{"access_token":"missing"}' \
        '"field":{"access_token":"null"}' \
        '"field":{"access_token":"wrong_type"}'; do
        fault '[{"match":{"op":"token"},"action":{'"$row"'}}]'
        sign_fails "authentication failed.*token|no token"
    done
    # The token says it, too.
    fault '[{"match":{"op":"token"},"action":{"field":{"expires_in":"missing"}}}]'
    sign_works
    fault '[{"match":{"op":"token"},"action":{"status":{"code":400,
        "error":"invalid_grant","message":"AADSTS50034: No such user"}}}]'
    sign_fails 'authentication failed.*invalid_grant.*AADSTS50034: No such'
    fault '[{"match":{"op":"token"},"action":{"status":{"code":302,
        "headers":{"Location":"'"$vault_url/stolen"'"}}}}]'
    sign_fails 'authentication failed.*HTTP 302'
    [[ $(control /log) != *stolen* ]] || fail 'a redirect was followed'
}

begin
credentials
may_not_sign
bad_tokens
end
