#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of akv-emulator share: they talk to it with curl and openssl,
# which share no code with it. Usage: . lib.sh PATH-OF-AKV-EMULATOR

# shellcheck disable=SC2034 # variables for those who source this
# shellcheck disable=SC2119,SC2120 # optional arguments

set -u

emulator=${1:?usage: TEST PATH-OF-AKV-EMULATOR}
for tool in curl openssl mkfifo od; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: $tool is not there"
        exit 77
    fi
done

work=$(mktemp -d)
# What it makes for itself goes there too, so that nothing can be left behind.
export TMPDIR=$work
failed=0
checks=0
section=start

finish()
{
    [ -z "${pid:-}" ] || kill "$pid" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

ok()
{
    checks=$((checks + 1))
}

not_ok()
{
    failed=$((failed + 1))
    printf 'FAILED [%s] %s\n' "$section" "$*"
}

# is WHAT GOT WANTED
is()
{
    if [ "$2" = "$3" ]; then ok; else not_ok "$1: got '$2', want '$3'"; fi
}

# has WHAT TEXT PART
has()
{
    case $2 in
        *"$3"*) ok ;;
        *) not_ok "$1: '$3' is not in: $2" ;;
    esac
}

lacks()
{
    case $2 in
        *"$3"*) not_ok "$1: '$3' is in: $2" ;;
        *) ok ;;
    esac
}

# The value of the first member of that name.
get()
{
    sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" <<<"$2" | head -n 1
}

b64u()
{
    openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# Bytes to hex and back.
to_hex()
{
    od -An -v -tx1 | tr -d ' \n'
}

from_hex()
{
    # shellcheck disable=SC2059 # the escapes are the point
    printf "$(sed 's/../\\x&/g')"
}

unb64u()
{
    local text

    text=$(tr -- '-_' '+/' <<<"$1" | tr -d '\n')
    while [ $((${#text} % 4)) -ne 0 ]; do text+='='; done
    openssl base64 -d -A <<<"$text"
}

# Whether the tool of this OpenSSL unwraps keys: that of 3.5 does not.
openssl_wraps()
{
    printf 0123456789abcdef \
        | openssl enc -e -id-aes256-wrap -K "$(printf '%064d' 0)" -iv a6a6a6a6a6a6a6a6 2>/dev/null \
        | openssl enc -d -id-aes256-wrap -K "$(printf '%064d' 0)" -iv a6a6a6a6a6a6a6a6 2>/dev/null \
        | grep -q 0123456789abcdef
}

# start ARGUMENT...: sets ready, pid and what the ready text holds.
start()
{
    [ -p "$work/fifo" ] || mkfifo "$work/fifo"
    "$emulator" --ready-fd 3 --parent $$ "$@" 3>"$work/fifo" 2>"$work/stderr" &
    pid=$!
    if ! IFS= read -r -t 30 ready <"$work/fifo"; then
        not_ok "akv-emulator does not start: $(cat "$work/stderr")"
        exit 1
    fi
    vault=$(get vault_url "$ready")
    hsm=$(get hsm_url "$ready")
    identity=$(get identity_url "$ready")
    ca=$(get ca_file "$ready")
    socket=$(get control_socket "$ready")
    tenant=$(get tenant_id "$ready")
    client=$(get client_id "$ready")
    secret=$(get client_secret "$ready")
    token=
}

stop()
{
    kill -TERM "$pid"
    wait "$pid"
    is 'exit status after SIGTERM' $? 0
    pid=
}

control()
{
    if ! kill -0 "$pid" 2>/dev/null; then
        not_ok "the emulator is gone: $(cat "$work/stderr")"
        exit 1
    fi
    curl -sS --unix-socket "$socket" "http://emulator$1" "${@:2}"
}

faults()
{
    local reply

    reply=$(control /faults -d "$1")
    is "POST /faults $1" "$reply" '{}'
}

# token_request [NAME=VALUE]...: replaces or, with an empty value, drops.
# endpoint: another than that of v2.0.
token_request()
{
    local -A field=([grant_type]=client_credentials [client_id]=$client
        [client_secret]=$secret [scope]=https://vault.azure.net/.default)
    local args=() name pair

    for pair in "$@"; do field[${pair%%=*}]=${pair#*=}; done
    for name in "${!field[@]}"; do
        [ -z "${field[$name]}" ] || args+=(--data-urlencode "$name=${field[$name]}")
    done
    curl -sS --cacert "$ca" "${args[@]}" "$vault/$tenant/${endpoint:-oauth2/v2.0/token}"
}

# kv PATH [CURL ARGUMENT]...: sets status and body; version 7.5 if none is given.
kv()
{
    local url=$vault$1

    case $1 in
        *api-version* | *api%2D*) ;;
        *\?*) url+='&api-version=7.5' ;;
        *) url+='?api-version=7.5' ;;
    esac
    body=$(curl -sS --cacert "$ca" -D "$work/headers" -w '\n%{http_code}' \
        ${token:+-H "Authorization: Bearer $token"} "${@:2}" "$url" 2>"$work/curl")
    curl_rc=$?
    status=${body##*$'\n'}
    body=${body%$'\n'*}
    [ -z "${EMU_EXCHANGES:-}" ] || note_exchange "$@"
}

# For test_spec.sh: a line of what was asked and answered.
note_exchange()
{
    local method=GET path=$1 arg last=

    for arg in "${@:2}"; do
        case $last:$arg in
            -X:*) method=$arg ;;
            *:-d | *:--data-binary) [ "$method" != GET ] || method=POST ;;
            *:X-HTTP-METHOD:*) return ;;
        esac
        last=$arg
    done
    case $status in
        4?? | 2??) printf '%s\t%s\t%s\t%s\n' "$method" "$status" "$path" "$body" \
            >>"$EMU_EXCHANGES" ;;
    esac
}

# expect WHAT STATUS PART-OF-BODY
expect()
{
    is "$1: status" "$status" "$2"
    has "$1: body" "$body" "$3"
}

counter()
{
    get "$1" "$(control /counters)"
}

# Keys that both sides have, so that each can check the other: seed.json.
seed_keys()
{
    curves='P-256:prime256v1 P-384:secp384r1 P-521:secp521r1 P-256K:secp256k1'
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
        -out "$work/rsa.pem" 2>/dev/null
    openssl pkey -in "$work/rsa.pem" -pubout -out "$work/rsa.pub"
    for pair in $curves; do
        openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:${pair#*:}" \
            -out "$work/${pair%:*}.pem" 2>/dev/null
        openssl pkey -in "$work/${pair%:*}.pem" -pubout -out "$work/${pair%:*}.pub"
    done
    cat >"$work/seed.json" <<'END'
{"vaults": ["first", "second"],
 "keys": [
  {"name": "rsa", "kty": "RSA", "pem_file": "rsa.pem", "tags": {"made": "here"}},
  {"name": "ec-P-256", "kty": "EC", "pem_file": "P-256.pem"},
  {"name": "ec-P-384", "kty": "EC", "pem_file": "P-384.pem"},
  {"name": "ec-P-521", "kty": "EC", "pem_file": "P-521.pem"},
  {"name": "ec-P-256K", "kty": "EC", "pem_file": "P-256K.pem"},
  {"name": "verify-only", "kty": "EC", "key_ops": ["verify"]},
  {"name": "disabled", "kty": "RSA", "pem_file": "rsa.pem",
   "attributes": {"enabled": false}},
  {"name": "expired", "kty": "RSA", "pem_file": "rsa.pem",
   "attributes": {"exp": "-1h"}},
  {"name": "future", "kty": "EC", "attributes": {"nbf": "+1h", "exp": "+90d"}},
  {"name": "elsewhere", "kty": "EC", "vault": "second"}],
 "principals": [
  {"client_id": "reader", "client_secret": "a+b c&d", "operations": ["get_key"]}]}
END
}

# digest NAME: 'text' hashed, raw in a file and as base64url
digest()
{
    printf text >"$work/text"
    openssl dgst "-$1" -binary "$work/text" >"$work/digest"
    b64u <"$work/digest"
}

# A signature with the seeded RSA key, and the body that asks for it.
sign()
{
    kv /keys/rsa/sign -d "$rs256" "$@"
}

rs256="{\"alg\":\"RS256\",\"value\":\"$(digest sha256)\"}"

# Starts it with those keys, and with a token for everything.
start_seeded()
{
    seed_keys
    start --seed "$work/seed.json" "$@"
    login
}

# login [NAME=VALUE]...: a token for everything, or for a certain client.
login()
{
    token=$(get access_token "$(token_request "$@")")
    admin=$token
}

summary()
{
    printf '%d checks, %d failed\n' "$((checks + failed))" "$failed"
    [ "$failed" -eq 0 ]
}
