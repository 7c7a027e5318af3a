#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# PEM key references: references.sh BUILD-DIR ORDER rsa|ec. That they work in
# every command is the matrix's; here is what is special about them.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

order=${2:-options}
type=${3:-rsa}

# signs FILE: with it, one request is made, which signs.
signs()
{
    reset_counters
    ossl dgst -sha256 -sign "$1" -out sig data
    expect_count sign 1 get_key "${2:-0}" total $((1 + ${2:-0}))
    plain dgst -sha256 -verify "$type.pub" -signature sig data
}

written()
{
    ossl pkey -in "$key" -out ref.pem
    [ "$(head -n 1 ref.pem)" = '-----BEGIN AKV KEY REFERENCE-----' ] \
        || fail 'something is before the reference'
    ossl pkey -in ref.pem -noout -text >text
    contains text " $key/[0-9a-f]{32}\$"
    contains ref.pem '^-----BEGIN AKV KEY REFERENCE-----$'
    lacks ref.pem PRIVATE
    ossl pkey -in "$key" -noout -text >text
    contains text "^Private-Key in Azure Key Vault: $key/[0-9a-f]{32}\$"
    contains text '^(RSA )?Public-Key: \('
    lacks text 'priv:|prime1|prime:'
    # What a reference cannot be.
    expect_error 'takes no passphrase: leave out AES-256-CBC' \
        ossl pkey -in "$key" -aes256 -passout pass:x -out refused.pem
    ! ossl pkey -in "$key" -outform DER -out refused.der 2>text \
        || fail 'a remote key was written in DER'
    # Plain keys are written as ever.
    ossl pkey -in "$type.pem" -out copy.pem
    same copy.pem "$type.pem"
    ossl pkey -in "$type.pem" -aes256 -passout pass:x -out copy.pem
    plain pkey -in copy.pem -passin pass:x -out plain.pem
    same plain.pem "$type.pem"
    ossl pkey -in "$type.pem" -noout -text >text
    plain pkey -in "$type.pem" -noout -text >want
    same text want
}

# Loading asks nobody; a signature is one request.
pinned()
{
    reset_counters
    ossl pkey -in ref.pem -pubout -out pub
    same pub "$type.pub"
    ossl pkey -in ref.pem -out again.pem
    same again.pem ref.pem
    ossl storeutl -noout ref.pem >text
    contains text '^0: Pkey'
    expect_count total 0 challenges 0 tcp_accepts 0
    signs ref.pem
}

# Three references in one file, and what else may be in it.
bundles()
{
    ossl req -x509 -key ref.pem -subj /CN=bundle -days 2 -out bundle.crt
    plain genpkey -genparam -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
        -out params.pem
    cat bundle.crt ref.pem >after.pem
    cat ref.pem bundle.crt >before.pem
    cat bundle.crt bundle.crt bundle.crt ref.pem bundle.crt >between.pem
    { cat params.pem; echo 'some words'; cat bundle.crt ref.pem; } >text.pem
    for file in after before between text; do
        signs "$file.pem"
    done
    ossl pkey -in "$(uri "$other")" -out other.pem
    cat other.pem ref.pem other.pem >three.pem
    reset_counters
    ossl storeutl -noout three.pem >text
    contains text 'Total found: 3'
    expect_count total 0 challenges 0
    # A plain key beside it: the first is taken.
    cat "$type.pem" other.pem >plain-first.pem
    ossl pkey -in plain-first.pem -pubout -out pub
    same pub "$type.pub"
}

# make_reference FORMAT URI KEY-TYPE [PUBLIC-KEY]: by other means than ours.
make_reference()
{
    {
        echo 'asn1=SEQUENCE:ref'
        echo '[ref]'
        echo "version=INTEGER:$1"
        echo "uri=UTF8String:$2"
        echo "type=UTF8String:$3"
        [ $# -lt 4 ] || echo 'key=EXPLICIT:0,SEQUENCE:spki'
    } >ref.cnf
    [ $# -lt 4 ] || plain asn1parse -in "$4" -out spki.der >text
    if [ $# -lt 4 ]; then
        plain asn1parse -genconf ref.cnf -noout -out ref.der
    else
        # The generator makes no raw values: the key is put in by hand.
        perl -e '
            sub len { my $n = length shift;
                $n < 128 ? chr $n : $n < 256 ? "\x81" . chr $n
                    : "\x82" . pack "n", $n }
            sub tlv { chr($_[0]) . len($_[1]) . $_[1] }
            local $/; open my $f, "<", $ARGV[3]; binmode $f;
            print tlv(0x30, tlv(2, chr $ARGV[0]) . tlv(12, $ARGV[1])
                . tlv(12, $ARGV[2]) . tlv(0xa0, <$f>))' \
            "$1" "$2" "$3" spki.der >ref.der
    fi
    {
        echo '-----BEGIN AKV KEY REFERENCE-----'
        base64 -w64 <ref.der
        echo '-----END AKV KEY REFERENCE-----'
    } >made.pem
}

# The command writes the same.
by_akv()
{
    local akv=$build/akv

    (
        settings_to_environment
        run "$akv" key reference "$key" >akv.pem
        same akv.pem ref.pem
        run "$akv" key reference "$key" --out akv.pem
        same akv.pem ref.pem
        run "$akv" key reference "$key" --bundle bundle.crt --out both.pem
        cat ref.pem bundle.crt >want.pem
        same both.pem want.pem
        plain req -x509 -key "$other.pem" -subj /CN=other -days 2 -out other.crt
        if run "$akv" key reference "$key" --bundle other.crt --out no.pem 2>text; then
            fail 'a certificate of another key was accepted'
        fi
        contains text "first certificate, of '/CN=other', is of another key"
        run "$akv" key reference "$key" --unpinned --out loose.pem
        if run "$akv" key reference "$key" --bundle data --out no.pem 2>text; then
            fail 'a bundle without certificates was accepted'
        fi
        contains text "'data': there is no certificate"
        [ ! -e no.pem ] || fail 'there is a file all the same'
    )
    [ "$(stat -c %a akv.pem)" = 600 ] || fail 'others may read the reference'
    signs both.pem
    signs loose.pem 1
    if [ ${#prov[@]} -eq 0 ]; then
        run "$build/tests/e2e/stale" both.pem >text
        contains text "^${type^^}, 0 reasons\$"
    fi
}

# Without version and public key: the current version, once a load.
unpinned()
{
    make_reference 1 "$key" "${type^^}"
    signs made.pem 1
    ossl pkey -in made.pem -out repinned.pem
    same repinned.pem ref.pem
}

# The same without its armour, as programs have it that decode PEM themselves.
in_der()
{
    sed '/^-----/d' ref.pem | base64 -d >pinned.der
    reset_counters
    ossl pkey -inform DER -in pinned.der -pubout -out pub
    same pub "$type.pub"
    ossl pkey -in pinned.der -pubout -out pub
    expect_count total 0
    signs pinned.der
    make_reference 1 "$key" "${type^^}"
    reset_counters
    ossl pkey -inform DER -in ref.der -pubout -out pub
    same pub "$type.pub"
    expect_count get_key 1
    # libcrypto's store has a word of its own for all that can be wrong.
    make_reference 1 "$(uri absent)" "${type^^}"
    ! ossl pkey -inform DER -in ref.der -noout 2>text || fail 'there is none'
    make_reference 1 "akv://evil.example/keys/x" "${type^^}"
    ! ossl pkey -inform DER -in ref.der -noout 2>text || fail 'it is trusted'
    make_reference 9 "$key" "${type^^}"
    ! ossl pkey -inform DER -in ref.der -noout 2>text || fail 'format 9 is read'
    # Not a word of ours where there is none.
    ! ossl pkey -inform DER -in "$type.pem" -noout 2>text || fail 'PEM is no DER'
    lacks text ':keyvault:'
}

# Pinned, it is the same key for ever; else the next load has the new one.
survives_rotation()
{
    local version

    version=$(newest_version "$type")
    ask -H "Authorization: Bearer $(get_token)" -X POST -d '' \
        "$vault_url/keys/$type/rotate?api-version=7.5" >rotated
    [ "$(newest_version "$type")" != "$version" ] || fail 'not rotated'
    signs ref.pem
    ossl pkey -in made.pem -pubout -out pub
    ! cmp -s pub "$type.pub" || fail 'the old version was loaded'
}

# bad_reference PATTERN ARGUMENT-OF-MAKE_REFERENCE...
bad_reference()
{
    local pattern=$1

    shift
    make_reference "$@"
    expect_error "$pattern" ossl pkey -in made.pem -noout
}

bad()
{
    local version=$key/0123456789abcdef0123456789abcdef

    sed 's/^M/X/' ref.pem >bad.pem
    reset_counters
    expect_error 'bad key reference.*damaged' ossl pkey -in bad.pem -noout
    bad_reference 'bad key reference.*format version 2' 2 "$key" "${type^^}"
    bad_reference 'host is not trusted.*evil.example.org' \
        1 akv://evil.example.org/keys/k "${type^^}"
    bad_reference 'bad key reference.*names no key' \
        1 "akv://$vault/secrets/s" "${type^^}"
    bad_reference "bad key reference.*key type 'DSA'" 1 "$key" DSA
    bad_reference 'bad key reference.*no public key' 1 "$version" "${type^^}"
    bad_reference 'bad key reference.*names no version' \
        1 "$key" "${type^^}" "$type.pub"
    bad_reference "no valid ${type^^} public key" \
        1 "$version" "${type^^}" "$other.pub"
    expect_count total 0 challenges 0
    bad_reference 'not found.*absent' 1 "akv://$vault/keys/absent" "${type^^}"
    bad_reference 'in the vault it is not' 1 "$(uri "$other")" "${type^^}"
    # The public key of another: it shows when the first signature is checked.
    plain pkey -in "$type.pem" -pubout -out mine.pub
    plain genpkey -quiet -algorithm "${type^^}" "${generate[@]}" -out theirs.pem \
        2>/dev/null || plain genpkey -algorithm "${type^^}" "${generate[@]}" \
        -out theirs.pem 2>/dev/null
    plain pkey -in theirs.pem -pubout -out theirs.pub
    make_reference 1 "$key/$(newest_version "$type")" "${type^^}" theirs.pub
    expect_error 'bad signature' ossl dgst -sha256 -sign made.pem data
}

start_emulator
cd "$work"
order "$order"
key=$(uri "$type")
other=ec
generate=(-pkeyopt rsa_keygen_bits:2048)
if [ "$type" = ec ]; then
    other=rsa
    generate=(-pkeyopt ec_paramgen_curve:P-256)
fi
printf 'line %d\n' {1..50} >data
written
pinned
bundles
by_akv
in_der
unpinned
survives_rotation
bad
