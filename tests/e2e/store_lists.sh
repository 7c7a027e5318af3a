#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Collections by URI: the names of what is in a vault, page by page.
# Usage: store_lists.sh BUILD-DIR ORDER

# shellcheck source=objects.sh
. "$(dirname "${BASH_SOURCE[0]}")/objects.sh"

seed()
{
    local i

    echo '{"keys": [
        {"name": "rsa", "kty": "RSA", "pem_file": "rsa.pem"},
        {"name": "ec", "kty": "EC", "pem_file": "ec.pem"},
        {"name": "off", "kty": "EC", "pem_file": "ec.pem",
         "attributes": {"enabled": false}}],
      "principals": [
        {"client_id": "nobody", "client_secret": "nobody-secret",
         "operations": ["get_key", "get_secret", "get_certificate"]},
        {"client_id": "keys", "client_secret": "keys-secret",
         "operations": ["list_keys"]}],
      "secrets": ['
    for i in {0001..1000}; do
        echo "{\"name\": \"s-$i\", \"value\": \"v\"},"
    done
    echo '{"name": "typed", "value": "v", "contentType": "text/plain"}]}'
}

# lists TYPE URI: the lines of the standard input, in any order.
lists()
{
    sort >want
    objects all "$1" "$2" >names || fail "$2 cannot be listed"
    sort names >got
    same got want
}

collections()
{
    local name place type

    for type in any name; do
        for place in keys keys/; do
            lists "$type" "$all/$place" <<END
name $all/keys/ec (key)
name $all/keys/mine (key, of a certificate)
name $all/keys/off (key, disabled)
name $all/keys/rsa (key)
END
        done
    done
    lists any "$all/certificates" <<<"name $all/certificates/mine (certificate)"
    ossl storeutl -noout "$all/keys" >text
    contains text "^[0-3]: Name: $all/keys/ec\$"
    contains text 'Total found: 4'
    # What is listed can be loaded.
    sed -n 's/^[0-9]*: Name: //p' text >names
    while IFS= read -r name; do
        ossl pkey -in "$name" -noout
    done <names
}

# A thousand names, by no more requests than there are pages.
many()
{
    local pages

    reset_counters
    objects all any "$all/secrets" >names
    sed -n 's/^name [^ ]*\/secrets\/\([^ ]*\) .*/\1/p' names | sort >got
    { printf 's-%s\n' {0001..1000} && printf '%s\n' mine typed; } \
        | sort >want
    same got want
    contains names ' \(secret, text/plain\)$'
    contains names ' \(secret, application/x-pkcs12, of a certificate\)$'
    pages=$(count list_secrets)
    expect_count total "$pages"
    [ "$pages" -ge 40 ] || fail "there are $pages pages: too few to tell"
    # The first name takes the first page.
    reset_counters
    objects first any "$all/secrets" >names
    expect_count list_secrets 1 total 1
    reset_counters
    objects first any "$all" >names
    expect_count list_keys 1 total 1
    # A page without names is passed over.
    fault '[{"match": {"op": "list_secrets", "nth": 1},
        "action": {"empty_page": true}}]'
    objects all name "$all/secrets" >names
    fault '[]'
    sed -n 's/^name [^ ]*\/secrets\/\([^ ]*\) .*/\1/p' names | sort >got
    same got want
}

whole()
{
    reset_counters
    objects all any "$all" >names
    [ "$(wc -l <names)" -eq $((4 + 1002 + 1)) ] || fail 'names are missing'
    [ "$(cut -d' ' -f2 names | cut -d/ -f4 | uniq | paste -sd' ')" \
        = 'keys secrets certificates' ] || fail 'the order is another'
    expect_count list_keys 1 list_certificates 1
}

# Names are no keys or certificates, but lead to them.
expectations()
{
    local type place

    reset_counters
    for type in params crl; do
        yields "$type" "$all"
    done
    expect_count total 0 tcp_accepts 0
    for type in public key; do
        yields "$type" "$all" "name $all/keys/"{ec,off,rsa,mine}' .*'
    done
    expect_count list_keys 2 total 2
    yields cert "$all" "name $all/certificates/mine .*"
    expect_count list_certificates 1 total 3
    yields cert "$all/keys" "name $all/keys/"{ec,off,rsa,mine}' .*'
    yields key "$all/certificates" "name $all/certificates/mine .*"
    # No value of a secret is read.
    reset_counters
    ossl storeutl -r -certs "$all" >text
    [ "$(grep -c '^-----BEGIN CERTIFICATE' text)" -eq 1 ] \
        || fail 'not one certificate in all'
    expect_count list_certificates 1 get_certificate 1 total 2
    ossl storeutl -r -keys "$all" >text
    [ "$(grep -c '^ *0: Pkey' text)" -eq 4 ] || fail 'not four keys in all'
    expect_count list_secrets 0 get_secret 0
}

permissions()
{
    local place

    as nobody
    for place in '' /keys /secrets /certificates; do
        refused 'forbidden.*list permission' any "$all$place"
        expect_error 'forbidden.*list permission' \
            ossl storeutl -noout "$all$place"
    done
    as keys
    yields any "$all/keys" '.*' '.*' '.*' '.*'
    # What can be listed is there; then comes the reason.
    refused 'forbidden.*secrets list permission' any "$all"
    [ "$(wc -l <out)" -eq 4 ] || fail 'the keys are missing'
    as
}

bad()
{
    fault '[{"match": {"op": "list_secrets", "nth": 2},
        "action": {"status": 400}}]'
    refused 'list secrets|secrets' any "$all/secrets"
    [ "$(wc -l <out)" -eq 25 ] || fail 'the first page is missing'
    fault '[{"match": {"op": "list_keys"},
        "action": {"field": {"value": "wrong_type"}}}]'
    refused 'bad reply' any "$all/keys"
    fault '[{"match": {"op": "list_keys"},
        "action": {"body": "truncated"}}]'
    refused 'bad reply' any "$all"
    fault '[]'
}

# A Managed HSM has keys only, which is no error in a list of all.
hsm()
{
    local hsm

    hsm=akv://$(member hsm_url "$(<"$work/ready.json")" | sed 's,.*//,,')
    ask -H "Authorization: Bearer $(audience=https://managedhsm.azure.net get_token)" \
        "https://${hsm#akv://}/keys/there/create?api-version=7.5" \
        -d '{"kty": "EC-HSM", "crv": "P-256"}' >created
    yields any "$hsm" "name $hsm/keys/there .*"
    yields any "$hsm/keys" "name $hsm/keys/there .*"
    ossl dgst -sha256 -sign "$hsm/keys/there" -out sig data
    refused 'list secrets' any "$hsm/secrets"
    refused 'list certificates' any "$hsm/certificates"
    # A vault that has trouble with the rest of a list has more than keys.
    fault '[{"match": {"op": "list_secrets", "nth": 2},
        "action": {"status": 400}}]'
    refused 'list secrets' any "$all"
    fault '[]'
}

make_keys
seed >"$work/seed.json"
emulator_options=(--hsm myhsm --ready-file "$work/ready.json")
begin
all=akv://$vault
yields any "$all/certificates" # none yet
akv certificate create "$all/certificates/mine" >created
collections
many
whole
expectations
permissions
bad
hsm
