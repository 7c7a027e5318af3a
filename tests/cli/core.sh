#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# No piece of what was secret is in an image of the memory of a client of the
# library after it was used: values of secrets, plaintexts, private keys, the
# client secret; nor in one of akv itself when it ends. What libcurl keeps of a
# token is measured and told. The image has the arguments and the environment,
# too. And nothing of it is logged.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

! is_sanitized "$build/tests/cli/memory" \
    || skip "sanitizers keep memory that was freed"
umask 077
echo '{"keys":[{"name":"rsa","kty":"RSA","size":2048}]}' >"$work/seed.json"
start_vault
# Not in the environment, which is a part of the image.
printf %s "$client_secret" >"$work/client-secret"
export AZURE_CLIENT_SECRET_FILE=$work/client-secret
unset AZURE_CLIENT_SECRET
if ! of_one_openssl "$build/akv"; then
    AKV_LOG=warning bad 3 'NotFound' secret show "akv://$vault/secrets/absent"
    contains "$work/err" 'warning: libcurl has another TLS library, OpenSSL/'
    skip "libcurl has another TLS library, which wipes nothing"
fi
keys=akv://$vault/keys
phases=(held forgotten closed)

# needle NAME: what to look for, from standard input.
needle()
{
    echo "$1 $(od -An -v -tx1 | tr -d ' \n')" >>"$work/needles"
}

# Those of every use. All tokens have one header.
usual_needles()
{
    : >"$work/needles"
    needle client-secret <"$work/client-secret"
    printf %s "${token%%.*}" | needle token
}

to_base64url()
{
    base64 -w0 | tr '+/' '-_' | tr -d =
}

# from_hex: bytes, without a leading zero.
from_hex()
{
    local hex

    hex=$(sed 's/^00//;s/../\\x&/g')
    # shellcheck disable=SC2059 # the bytes are the format
    printf "$hex"
}

# look: for the needles in each phase of the client that was started last.
look()
{
    local phase pid

    while IFS=' ' read -r -t "$patience" phase pid; do
        "$build/tests/cli/core" "$pid" "$work/image" <"$work/needles" \
            >"$work/$phase.found" 2>"$work/$phase.where" \
            || fail "no image of the memory: $(tail -n 1 "$work/$phase.where")"
        kill -USR1 "$pid"
    done <"$work/phases"
    rm "$work/phases"
    wait "${pids[-1]}" || {
        show "$work/err"
        fail "the client ended with an error"
    }
    unset 'pids[-1]'
}

# use ACTION URI INPUT: looks for the needles in each phase of a client.
use()
{
    rm -f "$work"/*.found
    mkfifo "$work/phases"
    trace "$build/tests/cli/memory" "$1" "$2"
    timeout -k 5 "$patience" "$build/tests/cli/memory" "$1" "$2" <"$3" \
        >"$work/phases" 2>"$work/err" 9>&- &
    pids+=("$!")
    look
}

# ends INPUT ARGUMENT...: runs akv, whose result is in out, and looks when it
# ends for all needles but those that it has among its arguments.
ends()
{
    local name

    rm -f "$work"/*.found
    mkfifo "$work/phases"
    trace "$build/akv" "${@:2}"
    timeout -k 5 "$patience" env PAUSE="$work/phases" \
        LD_PRELOAD="$build/tests/cli/pause.so" "$build/akv" "${@:2}" <"$1" \
        >"$work/out" 2>"$work/err" 9>&- &
    pids+=("$!")
    look
    [ "$(places ended argument)" -ge 1 ] \
        || fail "the arguments of akv are not found"
    while read -r name _; do
        [[ $name == token || $name == argument ]] || none ended "$name"
    done <"$work/needles"
}

# places PHASE NAME: in how many it was found.
places()
{
    sed -n "s/^$2 \([0-9]*\) .*/\1/p" "$work/$1.found"
}

# none PHASE NAME
none()
{
    [ "$(places "$1" "$2")" -eq 0 ] || {
        grep "^$2:" "$work/$1.where" >&9
        fail "$2: in $(places "$1" "$2") places when $1"
    }
}

# forgets NAME...: the last use. The search finds what is there.
forgets()
{
    local name

    [ "$(places held "$1")" -ge 1 ] || fail "$1 is not found while it is held"
    for name; do
        none forgotten "$name"
        none closed "$name"
    done
    none closed client-secret
    tell
}

# Of the token libcurl keeps some; the client has the client secret once.
tell()
{
    local phase name line='    places'

    for name in token client-secret; do
        line+=", $name:"
        for phase in "${phases[@]}"; do
            line+=" $(places "$phase" "$name") $phase"
        done
    done
    say "$line"
    most_tokens=$((most_tokens > $(places closed token) ? most_tokens \
        : $(places closed token)))
}

token=$(get_token)
most_tokens=0

# --- The values of secrets, with and without characters that JSON escapes ---

head -c 90 /dev/urandom | base64 -w0 >"$work/line"
{
    echo -----BEGIN NOTHING-----
    head -c 300 /dev/urandom | base64
    printf 'a "quoted"\tend\\\n'
} >"$work/lines"
# More than libcurl sends at once.
head -c 18000 /dev/urandom | base64 -w0 >"$work/long"
for name in line lines long; do
    usual_needles
    head -c 8000 "$work/$name" | needle value
    tail -c 64 "$work/$name" | needle end
    for action in set get cached; do
        use "$action" "akv://$vault/secrets/$name" "$work/$name"
        forgets value end
    done
    s=akv://$vault/secrets/$name
    printf %s "$s" | needle argument
    ends "$work/$name" secret set "$s"
    ends /dev/null secret set "$s" --file "$work/$name"
    for how in text json raw; do
        ends /dev/null secret show "$s" --output "$how"
    done
    cmp -s "$work/out" "$work/$name" || fail "the value is another"
    ends /dev/null secret download "$s"
    ends /dev/null secret download "$s" --file "$work/file"
    cmp -s "$work/file" "$work/$name" || fail "the value is another"
done

# --- Plaintexts, as bytes and as they travel --------------------------------

head -c 100 /dev/urandom >"$work/plaintext"
for action in encrypt wrap; do
    usual_needles
    needle plaintext <"$work/plaintext"
    to_base64url <"$work/plaintext" | needle text
    use "$action" "$keys/rsa" "$work/plaintext"
    forgets plaintext text
    printf %s "$keys/rsa" | needle argument
    ends "$work/plaintext" key "$action" "$keys/rsa" --algorithm RSA-OAEP
    cp "$work/out" "$work/ciphertext"
    back=decrypt
    [ "$action" = encrypt ] || back=unwrap
    ends "$work/ciphertext" key "$back" "$keys/rsa" --algorithm RSA-OAEP
    cmp -s "$work/out" "$work/plaintext" || fail "the plaintext is another"
done

# --- Private keys -----------------------------------------------------------

plain genrsa -traditional -out "$work/r.pem" 2048 2>"$work/dots"
plain rsa -in "$work/r.pem" -text -noout >"$work/r.text"

# part NAME: of the key, in hexadecimal.
part()
{
    sed -n "/^$1:/,/^[^ ]/p" "$work/r.text" | grep '^ ' | tr -d ' :\n'
}

usual_needles
jwk='{"kty":"RSA","e":"AQAB"'
for row in modulus:n privateExponent:d prime1:p prime2:q exponent1:dp \
    exponent2:dq coefficient:qi; do
    name=${row#*:}
    text=$(part "${row%:*}" | from_hex | to_base64url)
    jwk+=",\"$name\":\"$text\""
    [ "$name" != n ] || continue
    part "${row%:*}" | from_hex | needle "$name"
    printf %s "$text" | needle "$name-text"
done
printf '%s}' "$jwk" >"$work/jwk"
use import-key "$keys/imported" "$work/jwk"
forgets {d,p,q,dp,dq,qi}{-text,}
printf %s "$keys/imported" | needle argument
ends "$work/jwk" key import "$keys/imported"
plain pkcs8 -topk8 -nocrypt -in "$work/r.pem" -out "$work/r.p8"
for file in "$work"/r.{pem,p8}; do
    ends "$file" key import "$keys/imported"
    ends /dev/null key import "$keys/imported" --file "$file"
done

plain req -x509 -key "$work/r.pem" -subj /CN=e2e -out "$work/r.crt"
plain pkcs12 -export -inkey "$work/r.pem" -in "$work/r.crt" -passout pass: \
    -out "$work/r.pfx"
# Without the beginning and the end, which other files have, too.
usual_needles
tail -c +1200 "$work/r.pfx" | head -c 900 | needle pfx
base64 -w0 <"$work/r.pfx" | tail -c +1600 | head -c 1200 | needle text
use import-certificate "akv://$vault/certificates/pfx" "$work/r.pfx"
forgets pfx text

cat "$work/r.p8" "$work/r.crt" >"$work/both.pem"
usual_needles
sed '/^-/d' "$work/r.p8" | tail -n +3 | needle pem
c=akv://$vault/certificates/pem
use import-certificate "$c" "$work/both.pem"
forgets pem
printf %s "$c" | needle argument
ends "$work/both.pem" certificate import "$c"
ends /dev/null certificate import "$c" --file "$work/both.pem"

# --- What is written --------------------------------------------------------

export AKV_LOG=debug,file:$work/log
fault '[{"match":{"op":"set_secret"},"action":{"status":403}}]'
bad 4 'HTTP 403' secret set "akv://$vault/secrets/s" --file "$work/line"
fault '[]'
good secret set "akv://$vault/secrets/s" --file "$work/line"
lacks "$work/out" "$(head -c 20 "$work/line")"
good secret show "akv://$vault/secrets/s"
[ -s "$work/log" ] || fail 'nothing is logged'
for name in log err; do
    no_secrets "$work/$name"
    ! grep -qF -e "$(head -c 20 "$work/line")" "$work/$name" \
        || fail "the value is in $name"
done
say "tokens that libcurl has left in memory at the end: $most_tokens at most"
