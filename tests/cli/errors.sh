#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the akv command does when something is wrong: exit statuses, messages,
# help; and where a secret must not show.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need jq jq

# Secrets of before 2020 have characters that a form must escape.
reader_secret='reader+secret & %41=x'
echo '{"principals": [{"client_id": "reader", "client_secret": "'"$reader_secret"'",
    "operations": ["get_key"]}]}' >"$work/seed.json"
emulator_options=(--hsm hsm)
start_vault
secrets=akv://$vault/secrets
s=$secrets/s
cd "$work"
put s "$secret_value"

# --- Exit statuses, by kind -------------------------------------------------------

# 1: what is no other kind.
fault '[{"match": {"op": "get_secret"}, "action": {"body": "not_json"}}]'
bad 1 . secret show "$s"
fault '[{"match": {"op": "get_secret"}, "action": {"body": "html"}}]'
bad 1 . secret show "$s"
fault '[]'
# 2: usage; below.
# 3: not there.
bad 3 'HTTP 404 SecretNotFound' secret show "$secrets/missing"
bad 3 'HTTP 404 SecretNotFound' secret show "$s/0123456789abcdef"
bad 3 'HTTP 404 KeyNotFound' key show "akv://$vault/keys/missing"
bad 3 'HTTP 404 CertificateNotFound' certificate show \
    "akv://$vault/certificates/missing"
# 4: forbidden.
vars=(AZURE_CLIENT_ID=reader AZURE_CLIENT_SECRET="$reader_secret")
bad 4 'HTTP 403 Forbidden' secret show "$s"
lacks err 'reader.secret'
vars=()
fault '[{"action": {"status": {"code": 403, "error": "Forbidden",
    "inner": "ForbiddenByRbac", "message": "told so"}},
    "match": {"op": "get_secret"}}]'
bad 4 'ForbiddenByRbac.*told so' secret show "$s"
fault '[]'
# 5: no token, or one that the vault does not take, or must not get.
vars=(AZURE_CLIENT_SECRET=wrong-guess)
bad 5 invalid_client secret show "$s"
lacks err wrong-guess
vars=(AZURE_TENANT_ID=other)
bad 5 'tenant-id other' secret show "$s"
vars=()
bad 5 'evil.example: the host is no vault' secret show \
    akv://evil.example/secrets/s
fault '[{"match": {"op": "token"}, "action": {"token": "expired"}}]'
bad 5 'HTTP 401' secret show "$s"
fault '[]'
# 6: conflict.
put c x
good secret delete "$secrets/c"
bad 6 'HTTP 409 Conflict' secret set "$secrets/c" </dev/null
# 7: throttled, or no answer in time.
for action in '{"status": 429}' '{"stall": true}' '{"delay_ms": 20000}'; do
    fault '[{"match": {"op": "get_secret"}, "action": '"$action"'}]'
    bad 7 . secret show "$s" --set timeout=1s
done
fault '[{"match": {"op": "token"}, "action": {"stall": true}}]'
bad 7 'next try.*token|no answer within 1000 ms' secret show "$s" --set timeout=1s
fault '[]'
# 8: the way to the vault.
bad 8 'localhost(:| port )9 ' secret show akv://localhost:9/secrets/s --set timeout=2s
vars=(AKV_CA_FILE="$work/other.crt")
plain req -x509 -newkey rsa:2048 -nodes -keyout other.key -config plain.cnf \
    -out other.crt 2>&9
bad 8 'other.crt' secret show "$s"
vars=()
# A set is not repeated once it may have arrived.
fault '[{"match": {"op": "set_secret"}, "action": {"drop": "before_response"}}]'
reset_counters
bad 8 . secret set "$secrets/dropped" </dev/null
expect_count set_secret 1
fault '[]'
good secret show "$s" --output raw

# --- Usage -----------------------------------------------------------------------------

reset_counters
bad 2 "no group 'secrets'" secrets list
bad 2 "no verb 'shw'" secret shw "$s"
bad 2 "no option '--outptu'" secret show "$s" --outptu raw
bad 2 "no option '--file'" secret show "$s" --file=x
bad 2 "--output 'yaml'" secret show "$s" --output yaml
bad 2 '--output needs a value' secret show "$s" --output
bad 2 '--pem takes no value' secret show "$s" --pem=yes
bad 2 'URI is missing: akv://VAULT/secrets\[/NAME\] is expected' secret show
bad 2 'URI is missing: akv://VAULT/keys' key random
bad 2 "'$s'" secret show "$s" "$s"
bad 2 "'now' is one argument too many" login check now
bad 2 "--set 'time-out': there is no such setting" secret show "$s" \
    --set time-out=1s
bad 2 "--set 'timeout': there is no such setting" secret show "$s" --set timeout
bad 2 "timeout: '10' will not do" secret show "$s" --set timeout=10
for name in client-secret access-token client-certificate-password \
    identity-header msi-secret; do
    bad 2 "--set $name: a secret does not belong on the command line" \
        secret show "$s" --set "$name=$secret_value"
done
vars=(AKV_TIMEOT=3s)
bad 2 'AKV_TIMEOT: there is no such setting; AKV_TIMEOUT is meant' secret show "$s"
vars=(AKV_TIMEOUT=3)
bad 2 "AKV_TIMEOUT: '3' will not do" secret show "$s"
vars=()
bad 2 'default-vault|AKV_DEFAULT_VAULT' secret show akv:///secrets/s
bad 2 "akv://VAULT/secrets/NAME is expected" secret show "akv://$vault/keys/s"
bad 2 "akv://VAULT/keys/NAME is expected" key create "$s"
bad 2 "cannot be read: Is a directory; name a file in it" secret set "$s" \
    --file "$work"
head -c 1000000 /dev/zero >too-long
bad 2 "'too-long' has more than the [0-9]* bytes expected" secret set "$s" \
    --file too-long
bad 2 "standard input has more than the [0-9]* bytes" secret set "$s" <too-long
bad 2 'nothing to change: no option says what' secret update "$s"
bad 2 '--algorithm NAME is missing: RS256' key sign "akv://$vault/keys/k"
bad 2 '--algorithm NAME is missing: RSA-OAEP' key wrap "akv://$vault/keys/k"
expect_count total 0 challenges 0
# Standard input that is not there.
status=0
(exec <&- && akv secret set "$s" >out 2>err) || status=$?
equal "$status" 2 "the exit status without a standard input"
contains err '^akv: standard input cannot be read: .*; redirect it from a file'
lacks err 'more than'
# Where the result would go to what is no place for it.
bad 2 'cannot be written: Is a directory; name a file in it' secret download \
    "$s" --file "$work"
# What a user would do instead.
vars=(AKV_DEFAULT_VAULT="$vault")
good secret show akv:///secrets/s --output raw
equal "$(cat out)" "$secret_value" "a secret of the default vault"
vars=()
good secret show "$s" --output raw --set timeout=20s --set timeout=19s

# --- Help ----------------------------------------------------------------------------------

good --version
contains out '^akv [0-9]+\.[0-9]+'
good --help
cp out all
status=0
akv >out 2>err || status=$?
equal "$status" 2 "the exit status without arguments"
for group in secret key certificate login; do
    contains all "^  $group "
    good "$group" --help
    sed -n "s/^  \($group [a-z-]*\).*/\1/p" out >verbs
    equal "$(cat verbs)" "$(sed -n "s/^  \($group [a-z-]*\).*/\1/p" all)" \
        "the verbs of $group"
    while read -r group verb; do
        good "$group" "$verb" --help
        contains out "^usage: akv $group $verb "
        for option in output set help; do
            contains out "^  --$option"
        done
        # Each option of the list is taken: what is missing is another thing.
        sed -n 's/^  --\([a-z-]*\) *\([^ ]*\)  .*/\1 \2/p' out >options
        [ "$(wc -l <options)" -ge 3 ] || fail "$group $verb has no options"
        while read -r option argument; do
            [ "$option" != help ] || continue
            status=0
            akv "$group" "$verb" a b c "--$option${argument:+=x}" \
                >out 2>err || status=$?
            equal "$status" 2 "the exit status of akv $group $verb --$option"
            contains err "is one argument too many"
        done <options
    done <verbs
done
for word in 'secret set' 'key create' 'certificate merge' 'login check'; do
    contains all "^  $word"
done

# --- Where the result goes ---------------------------------------------------------------

# A full disk, and no place at all: a failure, and the value goes nowhere else.
for output in text json raw; do
    status=0
    akv secret show "$s" --output "$output" >/dev/full 2>err || status=$?
    equal "$status" 1 "the exit status with a full disk"
    contains err '^akv: the result cannot be written'
    status=0
    akv secret show "$s" --output "$output" 2>err >&- || status=$?
    equal "$status" 1 "the exit status without a standard output"
    lacks err "$secret_value"
done
# A reader that has gone, as head does.
set +o pipefail
akv secret show "$s" --output raw 2>err | true
set -o pipefail
lacks err "$secret_value"

if command -v script >/dev/null; then
    # terminal ARGUMENT...: akv with a terminal of its own.
    terminal()
    {
        local command

        printf -v command '%q ' "$build/akv" "$@"
        trace script -qec "$command" /dev/null
        timeout -k 5 "$patience" script -qec "$command" /dev/null 9>&-
    }
    # Refused before anything is asked of the vault, or read.
    reset_counters
    for command in "key random akv://$hsm" "secret backup $s" \
        "key backup akv://$vault/keys/k" \
        "key sign akv://$vault/keys/k --algorithm ES256" \
        "key encrypt akv://$vault/keys/k --algorithm RSA-OAEP" \
        "key decrypt akv://$vault/keys/k --algorithm RSA-OAEP" \
        "key wrap akv://$vault/keys/k --algorithm RSA-OAEP" \
        "key unwrap akv://$vault/keys/k --algorithm RSA-OAEP" \
        "certificate download akv://$vault/certificates/c --der" \
        "secret backup $s --file -"; do
        status=0
        # shellcheck disable=SC2086 # words
        terminal $command >out </dev/null || status=$?
        equal "$status" 2 "the exit status of binary output to a terminal"
        contains out 'the result is binary: write it to a file or a pipe'
        lacks out 'reading standard input'
    done
    expect_count total 0 challenges 0
    terminal secret show "$s" --output raw >out
    contains out "^$secret_value"
    # What would command the terminal is as binary.
    printf 'a\033[2Jb' >value
    good secret set "$secrets/escape" --file value
    status=0
    terminal secret show "$secrets/escape" --output raw >out || status=$?
    equal "$status" 2 "the exit status of an escape sequence to a terminal"
    contains out 'the result is binary'
    good secret show "$secrets/escape" --output raw
    same out value
    terminal secret show "$secrets/escape" >out
    contains out '^value: "a\\u001b\[2Jb"'
    terminal certificate create "akv://$vault/certificates/tty" >out
    contains out '^name: tty'
    # A long operation tells how it goes, and wipes that at the end.
    control /slow-delete -d '{"polls": 1}' >&9
    put slow x
    terminal secret delete "$secrets/slow" >out
    contains out 'akv: deleting, '
    control /slow-delete -d '{}' >&9
else
    say "script is not there: no test with a terminal"
fi

# --- Where a secret must not show -----------------------------------------------------------

# stalled OPERATION ARGUMENT...: akv waits for an answer; its process is pid.
stalled()
{
    local op=$1

    shift
    fault '[{"match": {"op": "'"$op"'"}, "action": {"stall": true}}]'
    reset_counters
    trace "$build/akv" "$@"
    (exec 9>&- && exec setpriv --pdeathsig KILL -- "$build/akv" "$@") \
        <value >out 2>err &
    pid=$!
    pids+=("$pid")
    control "/wait?op=$op" >counters
    contains counters '"total": *[1-9]|"'"$op"'": *[1-9]'
}
export AKV_LOG=debug,file:$work/akv.log
printf %s "$secret_value" >value
stalled set_secret secret set "$secrets/argv" --set timeout=20s
tr '\0' ' ' <"/proc/$pid/cmdline" >cmdline
contains cmdline 'secret set'
lacks cmdline "$secret_value"
lacks cmdline "$client_secret"
tr '\0' '\n' <"/proc/$pid/environ" >environ
lacks environ "$secret_value"
stop "$pid"
fault '[]'
lacks err "$secret_value"

# Descriptors that are closed: no connection gets their numbers, where the
# value would be written to.
fault '[{"match": {"op": "get_secret"}, "action": {"stall": true}}]'
reset_counters
trace "$build/akv" secret show "$s" '>&-' '2>&-' '<&-'
(exec 9>&- && exec setpriv --pdeathsig KILL -- "$build/akv" secret show "$s" \
    --set timeout=20s) >&- 2>&- <&- &
pid=$!
pids+=("$pid")
control '/wait?op=get_secret' >counters
for fd in 0 1 2; do
    equal "$(readlink "/proc/$pid/fd/$fd")" /dev/null "what descriptor $fd is"
done
stop "$pid"
fault '[]'

# The log says what was done, and not with what.
good secret set "$secrets/log" <value
good secret show "$secrets/log"
good certificate create "akv://$vault/certificates/cert"
good certificate download "akv://$vault/certificates/cert" --with-key --file pfx
good key create "akv://$vault/keys/rsa" --kty RSA
good key encrypt "akv://$vault/keys/rsa" --algorithm RSA-OAEP --file ct <value
good key decrypt "akv://$vault/keys/rsa" --algorithm RSA-OAEP <ct
plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem
good key import "akv://$vault/keys/pem" --file ec.pem
fault '[{"match": {"op": "set_secret"}, "action": {"status": 400}}]'
bad 1 . secret set "$secrets/log" <value
fault '[]'
[ -s akv.log ] || fail "there is no log"
contains akv.log 'set secrets/log'
no_secrets akv.log
lacks akv.log "$secret_value"
lacks akv.log "$(base64 -w0 value)"
lacks akv.log 'BEGIN'
unset AKV_LOG
