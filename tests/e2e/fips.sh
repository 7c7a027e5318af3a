#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Beside OpenSSL's FIPS module: no local key is done by what does not have
# fips=yes, no TLS group is there that was not, and keys of a vault work under
# the setting assume-fips. What is forbidden says which setting decides. The
# table of who serves is kept as tests/e2e/fips.table of the build folder.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

modules=$(openssl version -m | sed -E 's/.*"(.*)"/\1/')
[ -e "$modules/fips.so" ] \
    || skip 'there is no FIPS module (package openssl-provider-fips)'

# conf FILE QUERY ASSUME PROVIDER...: QUERY may be empty; ASSUME: yes or no.
conf()
{
    local file=$1 properties=$2 assume=$3

    shift 3
    {
        [ -z "${vault:-}" ] || config_lines
        echo "assume-fips = $assume"
    } | write_config "$file" "$@"
    {
        printf '[section_%s]\nactivate = 1\n' base null
        sed -n '/^\[fips_sect\]/,$p' fipsmodule.cnf \
            | sed "s,^\[fips_sect\],[section_fips]\nmodule = $modules/fips.so,"
    } >>"$file"
}

# served FILE [LOOK-UP...]
served()
{
    local file=$1

    shift
    vars=("${sanitizer[@]}" "OPENSSL_CONF=$work/try.cnf")
    run "$build/tests/e2e/served" rsa.pem ec.pem "$@" >"$file" 2>err || {
        show err
        fail 'nobody tells who serves'
    }
    vars=()
}

# without_us QUERY: but for what prefers us.
without_us()
{
    sed -E 's/\?provider=keyvault,?//; s/,$//' <<<"$1"
}

# try PROVIDERS QUERY ASSUME [LOOK-UP]: the same is served as without us, with
# a provider of nothing in our place: who decodes depends on how many there are.
try()
{
    local providers=$1 query=$2 assume=$3 lookup=${4:-}
    local -a names
    local what="$providers, ${query:-no query}, assume-fips $assume"

    read -ra names <<<"$providers"
    conf try.cnf "$query" "$assume" "${names[@]}"
    served ours ${lookup:+"$lookup"}
    read -ra names <<<"${providers/keyvault/null}"
    conf try.cnf "$(without_us "$query")" no "${names[@]}"
    served theirs ${lookup:+"$lookup"}
    # Our name stands for whoever it would be.
    awk -F': ' 'NR == FNR { is[$1] = $2; next }
        $2 == "keyvault" && is[$1] != "none" { $2 = is[$1] }
        { print $1 ": " $2 }' theirs ours >uses
    cmp -s uses theirs || {
        diff theirs uses >different || true
        show different
        fail "$what${lookup:+, $lookup}: local keys are served otherwise"
    }
    printf '%-28s %-29s %-4s %-15s %s\n' "$providers" "${query:--}" "$assume" \
        "${lookup:--}" "$(grep -c ': keyvault$' ours) of $(grep -c . ours)" \
        >>table
}

table()
{
    local providers query assume lookup

    for providers in 'fips base keyvault' 'keyvault fips base' \
        'default fips base keyvault' 'keyvault default fips base'; do
        for query in '' fips=yes '?fips=yes' '?provider=keyvault' \
            '?provider=keyvault,fips=yes'; do
            for assume in no yes; do
                try "$providers" "$query" "$assume"
                try "$providers" "$query" "$assume" available:base
            done
        done
    done
    {
        echo "OpenSSL $version: providers, default query, assume-fips, look-up;"
        echo 'uses of local keys that are ours of those there are, all of them'
        echo 'with the same results as without us'
        cat table
    } | tee "$build/tests/e2e/fips.table"
}

# --- Keys of a vault --------------------------------------------------------

# Under fips=yes, with the setting.
assumed()
{
    local name digest

    conf order.cnf fips=yes yes fips base keyvault
    for name in rsa ec; do
        ossl pkey -in "$(uri $name)" -pubout -out pub
        same pub "$name.pub"
        for digest in sha256 sha512; do
            ossl dgst "-$digest" -sign "$(uri $name)" -out sig data
            plain dgst "-$digest" -verify "$name.pub" -signature sig data
            ossl dgst "-$digest" -verify pub -signature sig data
        done
        ossl pkey -in "$(uri $name)" -out "$name.ref"
        ossl dgst -sha256 -sign "$name.ref" -out sig data
        plain dgst -sha256 -verify "$name.pub" -signature sig data
        ossl req -x509 -new -key "$(uri $name)" -out "$name.crt"
        plain verify -CAfile "$name.crt" "$name.crt"
    done
    plain pkeyutl -encrypt -pubin -inkey rsa.pub -in digest -out text \
        -pkeyopt rsa_padding_mode:oaep
    ossl pkeyutl -decrypt -inkey "$(uri rsa)" -in text -out got \
        -pkeyopt rsa_padding_mode:oaep
    same got digest
    ossl storeutl -noout "akv://$vault" >out
    # What the module does not do, nobody does.
    expect_error 'unsupported digest.*md5' \
        ossl dgst -md5 -sign "$(uri rsa)" -out sig data
    expect_error 'fips=yes.*keys/koblitz.*refuses.*|koblitz.*provider fips.*assume-fips' \
        ossl pkey -in "$(uri koblitz)" -noout
}

# Under fips=yes, without: public halves and lists are read, and private ones
# not used.
not_assumed()
{
    local name

    conf order.cnf fips=yes no fips base keyvault
    ossl storeutl -noout "akv://$vault" >out
    contains out 'keys/rsa'
    for name in rsa ec; do
        ossl pkey -in "$name.ref" -pubout -out pub
        same pub "$name.pub"
        ossl pkey -in "$(uri $name)" -pubout -out pub
        same pub "$name.pub"
        expect_error 'fips=yes is asked for.*assume-fips' \
            ossl dgst -sha256 -sign "$name.ref" -out sig data
        expect_error 'fips=yes is asked for.*assume-fips' \
            ossl dgst -sha256 -sign "$(uri $name)" -out sig data
    done
    expect_error 'fips=yes is asked for.*assume-fips' ossl pkeyutl -decrypt \
        -inkey rsa.ref -in text -out got -pkeyopt rsa_padding_mode:oaep
    # As an option of one command, where others have no query.
    conf order.cnf '' no default fips base keyvault
    ossl dgst -sha256 -sign rsa.ref -out sig data
    expect_error 'fips=yes is asked for.*assume-fips' ossl pkeyutl -sign \
        -propquery fips=yes -inkey "$(uri rsa)" -in digest -out sig \
        -pkeyopt digest:sha256
    # (libcrypto tells decoders nothing of the query.)
    ! ossl pkeyutl -sign -propquery fips=yes -inkey rsa.ref -in digest \
        -out sig -pkeyopt digest:sha256 2>err || fail 'fips=yes was not heeded'
    # Who can do without does.
    conf order.cnf '?fips=yes' no default fips base keyvault
    ossl dgst -sha256 -sign "$(uri rsa)" -out sig data
    plain dgst -sha256 -verify rsa.pub -signature sig data
}

# What found it: a provider is looked up by an option.
by_options()
{
    local providers

    for providers in 'fips base keyvault' 'keyvault fips base'; do
        read -ra names <<<"$providers"
        conf order.cnf fips=yes yes "${names[@]}"
        ! ossl genpkey -provider base -algorithm RSA -pkeyopt bits:1024 \
            -out small.pem 2>err || fail 'a key of 1024 bits was made'
        ossl genpkey -provider base -algorithm RSA -pkeyopt bits:2048 \
            -out new.pem
    done
}

# --- Programs ---------------------------------------------------------------

# what_python FILE: what python3-cryptography does and what it refuses.
what_python()
{
    OPENSSL_MODULES=$work/modules python3 - >"$1" 2>&1 9>&- <<'END' || true
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

def attempt(what, work):
    try:
        work()
        print(what, "done")
    except Exception as error:
        print(what, type(error).__name__)

attempt("RSA-1024", lambda: rsa.generate_private_key(65537, 1024).sign(
    b"x", padding.PKCS1v15(), hashes.SHA256()))
attempt("RSA-2048", lambda: rsa.generate_private_key(65537, 2048).sign(
    b"x", padding.PKCS1v15(), hashes.SHA256()))
attempt("RSA-2048, MD5", lambda: rsa.generate_private_key(65537, 2048).sign(
    b"x", padding.PKCS1v15(), hashes.MD5()))
for curve in ec.SECP256R1(), ec.SECP256K1(), ec.BrainpoolP256R1():
    attempt(curve.name, lambda: ec.generate_private_key(curve).sign(
        b"x", ec.ECDSA(hashes.SHA256())))
END
}

in_python()
{
    local providers

    [ ${#sanitizer[@]} -eq 0 ] && python3 -c 'import cryptography' 2>err \
        || return 0
    mkdir modules # it loads legacy when it is imported
    ln -s "$build/keyvault.so" "$modules/legacy.so" modules
    conf order.cnf fips=yes no fips base
    what_python theirs
    contains theirs '^RSA-2048 done$'
    for providers in 'fips base keyvault' 'keyvault fips base'; do
        read -ra names <<<"$providers"
        conf order.cnf fips=yes yes "${names[@]}"
        what_python ours
        same ours theirs
    done
}

# what_haproxy BUNDLE: whether it serves with that certificate and key.
what_haproxy()
{
    local port got=nothing

    free_port
    rm -f out
    printf '%s\n' global '  ssl-provider base' 'defaults' '  mode http' \
        '  timeout client 5s' '  timeout server 5s' '  timeout connect 5s' \
        'frontend f' "  bind 127.0.0.1:$port ssl crt $work/$1" \
        '  http-request return status 200' >haproxy.cfg
    if OPENSSL_CONF=$work/order.cnf haproxy -c -f haproxy.cfg >log 2>&1; then
        (launch log haproxy -db -f haproxy.cfg \
            && OPENSSL_CONF=$work/plain.cnf timeout 10 openssl s_client \
                -connect "127.0.0.1:$port" </dev/null >out 2>&1 9>&-
            kill "$server") || true
        got=$(grep -o 'Cipher is [^ ]*' out) || got=refused
    fi
    echo "$1: $got"
}

in_haproxy()
{
    local providers name

    command -v haproxy >/dev/null && [ ${#sanitizer[@]} -eq 0 ] \
        && of_one_openssl "$(command -v haproxy)" "$build/keyvault.so" \
        || return 0
    plain genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out small.pem 2>dots
    for name in ec rsa small koblitz; do
        plain req -x509 -key "$name.pem" -subj /CN=localhost -days 2 -out crt
        cat crt "$name.pem" >"$name-bundle.pem"
    done
    for providers in 'fips base' 'fips base keyvault' 'keyvault fips base'; do
        read -ra names <<<"$providers"
        conf order.cnf fips=yes yes "${names[@]}"
        for name in ec rsa small koblitz; do
            what_haproxy "$name-bundle.pem"
        done >"served by ${providers%% *}-${providers##* }"
    done
    contains 'served by fips-base' '^ec-bundle.pem: Cipher is TLS'
    same 'served by fips-keyvault' 'served by fips-base'
    same 'served by keyvault-base' 'served by fips-base'
    show 'served by fips-base'
}

# --- TLS --------------------------------------------------------------------

groups()
{
    local providers

    # Since OpenSSL 3.5.
    openssl list -tls-groups >/dev/null 2>&1 || return 0
    conf order.cnf fips=yes no fips base
    ossl list -tls-groups >theirs
    for providers in 'fips base keyvault' 'keyvault fips base'; do
        for assume in yes no; do
            read -ra names <<<"$providers"
            conf order.cnf fips=yes "$assume" "${names[@]}"
            ossl list -tls-groups >ours
            same ours theirs
        done
    done
}

cd "$work"
export OPENSSL_CONF=$work/plain.cnf
plain fipsinstall -quiet -module "$modules/fips.so" -out fipsmodule.cnf 2>err || {
    show err
    fail 'the module cannot be set up'
}
make_keys
plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out koblitz.pem
echo '{"keys": [
    {"name": "rsa", "kty": "RSA", "pem_file": "rsa.pem"},
    {"name": "koblitz", "kty": "EC", "pem_file": "koblitz.pem"},
    {"name": "ec", "kty": "EC", "pem_file": "ec.pem"}]}' >seed.json
printf 'line %d\n' {1..50} >data
plain dgst -sha256 -binary -out digest data
: >table
export OPENSSL_MODULES=$build
table
prov=()
export OPENSSL_CONF=$work/order.cnf
by_options
groups
in_python
in_haproxy
# A libcurl with another libcrypto cannot load this one's module.
of_one_openssl "$build/keyvault.so" || exit 0
start_emulator
forget_environment
prov=()
export OPENSSL_MODULES=$build OPENSSL_CONF=$work/order.cnf
assumed
not_assumed
