#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the end-to-end tests share. Each is called as NAME.sh BUILD-DIR
# [ARGUMENT]..., sources this file first, starts an emulator of its own, and
# ends with 0, 1 or 77 (skipped, with a reason). Set E2E_KEEP=1 to keep the
# folder of a test that fails, with its emulator running: sourcing the file
# "env" in it replays the commands that the test has printed.

set -euo pipefail
shopt -s inherit_errexit
exec </dev/null
export LC_ALL=C.UTF-8

# What the caller has set for itself must not decide how a test ends.
while IFS= read -r name; do
    case $name in
    AKV_THREADS) ;; # all of it is tested without a thread, too
    AKV_* | AZURE_* | OPENSSL_* | SSL_CERT_* | SSLKEYLOGFILE | LD_PRELOAD | \
        [Hh][Tt][Tt][Pp]*_[Pp][Rr][Oo][Xx][Yy] | \
        [Aa][Ll][Ll]_[Pp][Rr][Oo][Xx][Yy] | \
        [Nn][Oo]_[Pp][Rr][Oo][Xx][Yy]) unset "$name" ;;
    esac
done < <(compgen -e)
unset name

build=$(realpath -- "${1:?usage: $0 BUILD-DIR [ARGUMENT]...}")
test_name=$(basename "$0" .sh)
work=$(mktemp -d "${TMPDIR:-/tmp}/akv-e2e.XXXXXX")
# What others make for themselves goes there too: nothing is left behind.
export TMPDIR=$work

# The machine that the tests run on may have identities of its own: they must
# not be found, and nothing must be asked of them. Port 9 is closed.
while IFS= read -r name; do
    case $name in
    IDENTITY_* | IMDS_* | MSI_* | DEFAULT_IDENTITY_*) unset "$name" ;;
    esac
done < <(compgen -e)
unset name
export AZURE_POD_IDENTITY_AUTHORITY_HOST=http://127.0.0.1:9
export HOME=$work
exec 9>&2 # the trace; commands may have their standard error redirected

# Behind the name of a command, the options that load the provider; see order.
prov=(-provider default -provider keyvault)
# What the commands with our provider run under: a debugger, for instance.
wrapper=()
# Their environment, in words of env: NAME=VALUE, or first -u NAME.
vars=()
# How long a command may take, in seconds, before it counts as hanging.
patience=30

emulator_options=()
pids=()
emulator_pid=
port=
server=
took=0
said=

# --- Ends -------------------------------------------------------------------

say()
{
    printf '%s\n' "$*" >&9
}

fail()
{
    say "$test_name: FAILED: $*"
    said=yes
    exit 1
}

skip()
{
    trap - EXIT
    finish 77 quiet
    echo "skipped: $*"
    exit 77
}

need()
{
    command -v "$1" >/dev/null || skip "$1 is not installed (package $2)"
}

stop()
{
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# Its exit status counts: a sanitizer tells of its findings by that.
stop_emulator()
{
    local status=0

    [ -n "$emulator_pid" ] || return 0
    kill "$emulator_pid" 2>/dev/null || true
    wait "$emulator_pid" || status=$?
    emulator_pid=
    [ "$status" -eq 0 ] || {
        say "akv-emulator ended with $status"
        tail -n 40 "$work/emulator.log" >&9
        return 1
    }
}

finish()
{
    local status=$1 pid

    [ "$status" -eq 0 ] || [ -n "$said${2:-}" ] \
        || say "$test_name: FAILED: the last command ended with $status"
    if [ "$status" -ne 0 ] && [ -n "${E2E_KEEP:-}" ] && [ -z "${2:-}" ]; then
        say "$test_name: kept: . $work/env; emulator: process $emulator_pid"
        return 0
    fi
    for pid in "${pids[@]}"; do
        stop "$pid"
    done
    stop_emulator || [ "$status" -ne 0 ] || status=1
    cd /
    rm -rf -- "$work"
    [ -n "${2:-}" ] || exit "$status"
}
trap 'finish $?' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --- The build --------------------------------------------------------------

# is_sanitized FILE: a program or library with a sanitizer's runtime. Not by
# grep -q in a pipe: ldd would end by a signal when grep is faster.
is_sanitized()
{
    [[ $(ldd "$1") =~ lib(asan|tsan|ubsan) ]]
}

# of_one_openssl FILE...: programs and libraries that bring one libcrypto into
# a process, and not, say, libcurl that of 3.x besides ours of 4.x.
of_one_openssl()
{
    local names

    names=$(ldd "$@" | grep -o 'libcrypto\.so\.[0-9]*' | sort -u)
    [ -n "$names" ] && [ "$(wc -l <<<"$names")" -eq 1 ]
}

for name in keyvault.so akv-emulator; do
    [ -e "$build/$name" ] || fail "there is no $name in $build"
done
unset name

# A module with a sanitizer needs its runtime from the very start. How that of
# gcc 12 finds thread-local blocks of modules is a guess: when it is wrong, the
# search for leaks crashes. They are found through other pointers, too.
sanitizer=()
libraries=$(ldd "$build/keyvault.so")
if [[ $libraries =~ libasan[^\ ]*\ =\>\ ([^\ ]*) ]]; then
    export ASAN_OPTIONS=detect_leaks=1:exitcode=99:intercept_tls_get_addr=0
    sanitizer=("LD_PRELOAD=${BASH_REMATCH[1]}" "ASAN_OPTIONS=$ASAN_OPTIONS")
elif [[ $libraries == *libtsan* && ${openssl_is_used:-yes} = yes ]]; then
    skip 'a module with ThreadSanitizer does not load into openssl'
fi

# The library that openssl runs with: 300, 305, 306, 400...
# shellcheck disable=SC2034 # for the tests
version=$(openssl version | sed -E 's/^OpenSSL ([0-9]+)\.([0-9]+).*/\1 \2/' \
    | { read -r major minor && printf '%d%02d' "$major" "$minor"; })

# --- Commands ---------------------------------------------------------------

trace()
{
    local text

    printf -v text ' %q' "$@"
    say "+$text"
}

# openssl without our provider, which is how everything is checked.
plain()
{
    trace OPENSSL_CONF="$work/plain.cnf" openssl "$@"
    OPENSSL_CONF=$work/plain.cnf timeout -k 5 "$patience" openssl "$@" 9>&-
}

# run PROGRAM ARGUMENT...: one of the tests' own.
run()
{
    trace "${wrapper[@]}" "$@"
    timeout -k 5 "$patience" env "${vars[@]}" "${wrapper[@]}" "$@" 9>&-
}

# Told of each of openssl's commands that is run with our provider; a test that
# wants to know has a function of its own.
note_command()
{
    :
}

# openssl with our provider.
ossl()
{
    local command=$1

    note_command "$command"
    shift
    if [ ${#vars[@]} -eq 0 ]; then
        trace "${wrapper[@]}" openssl "$command" "${prov[@]}" "$@"
    else
        trace env "${vars[@]}" "${wrapper[@]}" openssl "$command" \
            "${prov[@]}" "$@"
    fi
    timeout -k 5 "$patience" env "${vars[@]}" "${sanitizer[@]}" \
        "${wrapper[@]}" openssl "$command" "${prov[@]}" "$@" 9>&-
}

# took_between LOW HIGH: what the last timed command has taken, in ms.
took_between()
{
    if [ "$took" -lt "$1" ] || [ "$took" -gt "$2" ]; then
        fail "it took $took ms (wanted: $1 to $2)"
    fi
}

# timed COMMAND...: it must work. Sets took.
timed()
{
    local start

    start=$(now_ms)
    "$@"
    took=$(($(now_ms) - start))
}

now_ms()
{
    echo $((${EPOCHREALTIME/./} / 1000))
}

show()
{
    local file

    for file in "$@"; do
        [ ! -s "$file" ] || sed 's/^/    /' "$file" >&9
    done
}

no_secrets()
{
    local file

    for file in "$@"; do
        # A token begins with {" in base64url.
        ! grep -aqF -e "$client_secret" -e eyJ "$file" \
            || fail "a secret or a token is shown"
    done
}

# expect_error PATTERN COMMAND...: the command ends with exit status 1, in
# time, and gives one reason of ours, which matches. Sets took, in ms.
expect_error()
{
    local pattern=$1 status=0 start reasons

    shift
    start=$(now_ms)
    "$@" >"$work/out" 2>"$work/err" || status=$?
    took=$(($(now_ms) - start))
    reasons=$(grep -E ':error:[0-9A-F]+:keyvault:' "$work/err") || true
    if [ "$status" -ne 1 ] || [ "$(grep -c . <<<"$reasons")" -ne 1 ] \
        || ! grep -qE -e "$pattern" <<<"$reasons"; then
        show "$work/out" "$work/err"
        fail "exit status $status (wanted: 1; 124: it hangs)," \
            "wanted one reason, like '$pattern'"
    fi
    no_secrets "$work/out" "$work/err"
    reasons=${reasons#*:keyvault:*:}
    say "    $took ms: ${reasons::400}"
}

# contains FILE PATTERN
contains()
{
    grep -qE -e "$2" "$1" || {
        show "$1"
        fail "'$2' is not in ${1##*/}"
    }
}

lacks()
{
    ! grep -qE -e "$2" "$1" || {
        show "$1"
        fail "'$2' is in ${1##*/}"
    }
}

same()
{
    cmp -- "$1" "$2" >&9 || fail "${1##*/} and ${2##*/} differ"
}

# --- The emulator -----------------------------------------------------------

# member NAME JSON: the value of the first member of that name.
member()
{
    [[ $2 =~ \"$1\":\"?([^\",}]*) ]] && echo "${BASH_REMATCH[1]}"
}

# What openssl's commands read from a configuration, ours or not. It comes
# first: OpenSSL 4.0 takes all that is outside of sections for extensions of
# certificates, unless their section is named.
common_config()
{
    cat <<'END'
extensions = leaf
config_diagnostics = 1
openssl_conf = init
[leaf]
subjectKeyIdentifier = hash
[req]
distinguished_name = dn
prompt = no
x509_extensions = ca
[dn]
CN = e2e
[ca]
basicConstraints = critical, CA:true
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
}

{
    common_config
    echo '[init]'
} >"$work/plain.cnf"

# Keys that both sides have, so that each can check the other.
make_keys()
{
    local name

    plain genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
        -out "$work/rsa.pem" 2>"$work/dots"
    plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
        -out "$work/ec.pem"
    for name in rsa ec; do
        plain pkey -in "$work/$name.pem" -pubout -out "$work/$name.pub"
    done
}

# With the keys rsa and ec, unless there is a seed.json in the work folder.
# It ends with us, however we end. Sets what its ready text holds.
start_emulator()
{
    local seed=$work/seed.json ready

    if [ ! -e "$seed" ]; then
        make_keys
        echo '{"keys": [
            {"name": "rsa", "kty": "RSA", "pem_file": "rsa.pem"},
            {"name": "ec", "kty": "EC", "pem_file": "ec.pem"}]}' >"$seed"
    fi
    mkfifo "$work/ready"
    (exec 9>&- && exec "$build/akv-emulator" --seed "$seed" --ready-fd 3 \
        --parent $$ "${emulator_options[@]}" >"$work/emulator.log" 2>&1 3>"$work/ready") &
    emulator_pid=$!
    IFS= read -r -t 30 ready <"$work/ready" || {
        show "$work/emulator.log"
        fail "akv-emulator does not start"
    }
    rm "$work/ready"
    vault_url=$(member vault_url "$ready")
    vault=${vault_url#https://} # localhost:PORT
    control_socket=$(member control_socket "$ready")
    ca_file=$(member ca_file "$ready")
    tenant_id=$(member tenant_id "$ready")
    client_id=$(member client_id "$ready")
    client_secret=$(member client_secret "$ready")
    order options
}

# uri NAME: of a key in the emulator's first vault.
uri()
{
    echo "akv://$vault/keys/$1"
}

control()
{
    # curl reads openssl.cnf, too.
    OPENSSL_CONF=$work/plain.cnf curl -sS --max-time 30 --unix-socket "$control_socket" \
        "http://emulator$1" "${@:2}" 9>&- || fail "the emulator is gone"
}

# fault RULES: how it misbehaves from now on; [] ends that.
fault()
{
    local reply

    reply=$(control /faults -d "$1")
    [ "$reply" = '{}' ] || fail "POST /faults $1: $reply"
}

# count WHAT: an operation, or another of the emulator's counters; an HTTP
# status is 0 before its first time.
count()
{
    local counters

    counters=$(control /counters)
    member "$1" "$counters" || echo 0
}

# ask URL CURL-ARGUMENT...: what any other client of the vault would do.
ask()
{
    OPENSSL_CONF=$work/plain.cnf curl -sS --max-time 30 --noproxy localhost \
        --cacert "$ca_file" "$@" 9>&-
}

# For the vault, or for $audience.
get_token()
{
    local reply

    reply=$(ask -d grant_type=client_credentials -d "client_id=$client_id" \
        --data-urlencode "client_secret=$client_secret" \
        --data-urlencode "scope=${audience:-https://vault.azure.net}/.default" \
        "$vault_url/$tenant_id/oauth2/v2.0/token")
    member access_token "$reply"
}

# newest_version KEY: as the vault tells it.
newest_version()
{
    local reply

    reply=$(ask -H "Authorization: Bearer $(get_token)" \
        "$vault_url/keys/$1?api-version=7.5")
    reply=$(member kid "$reply")
    echo "${reply##*/}"
}

reset_counters()
{
    control /counters/reset -X POST >/dev/null
}

# expect_count WHAT N...: since reset_counters.
expect_count()
{
    local got

    while [ $# -gt 0 ]; do
        got=$(count "$1")
        [ "$got" = "$2" ] || {
            say "$(control /counters)"
            fail "the emulator has counted $got times $1 (wanted: $2)"
        }
        shift 2
    done
}

# --- Ways to load the provider ----------------------------------------------

# NAME VALUE of all settings that the emulator needs.
settings()
{
    cat <<END
tenant-id $tenant_id
client-id $client_id
client-secret $client_secret
authority-host $vault_url
ca-file $ca_file
trusted-hosts localhost
END
}

settings_to_environment()
{
    export AZURE_TENANT_ID=$tenant_id AZURE_CLIENT_ID=$client_id \
        AZURE_CLIENT_SECRET=$client_secret AZURE_AUTHORITY_HOST=$vault_url \
        AKV_CA_FILE=$ca_file AKV_TRUSTED_HOSTS=localhost
}

forget_environment()
{
    unset AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET \
        AZURE_AUTHORITY_HOST AKV_CA_FILE AKV_TRUSTED_HOSTS
}

# write_config FILE PROVIDER...: activated in this order. Lines for ours come
# from the standard input; default_properties from $properties.
write_config()
{
    local file=$1 name

    shift
    {
        common_config
        echo '[init]'
        echo 'providers = providers'
        [ -z "${properties:-}" ] || echo 'alg_section = algorithms'
        echo '[providers]'
        for name in "$@"; do
            echo "$name = section_$name"
        done
        echo '[algorithms]'
        [ -z "${properties:-}" ] || echo "default_properties = $properties"
        echo '[section_default]'
        echo 'activate = 1'
        echo '[section_keyvault]'
        echo 'activate = 1'
        cat
    } >"$file"
}

# Settings as lines of a configuration; for the standard input of the above.
config_lines()
{
    settings | sed 's/ / = /'
}

# The file that replays the commands of the trace.
write_env()
{
    local name

    for name in OPENSSL_CONF OPENSSL_MODULES "${!AZURE_@}" "${!AKV_@}"; do
        printf 'export %s=%q\n' "$name" "${!name}"
    done >"$work/env"
}

# Every order of providers that is tested. Options come with settings in the
# environment, configuration files with settings in the file.
orders=(options options-first conf conf-first propquery)

# order NAME: how ossl loads the provider from now on.
order()
{
    local file=$work/order.cnf properties=

    export OPENSSL_MODULES=$build OPENSSL_CONF=$work/plain.cnf
    prov=()
    case $1 in
    options) prov=(-provider default -provider keyvault) ;;
    options-first) prov=(-provider keyvault -provider default) ;;
    conf) config_lines | write_config "$file" default keyvault ;;
    conf-first) config_lines | write_config "$file" keyvault default ;;
    propquery)
        properties='?provider=keyvault'
        config_lines | write_config "$file" default keyvault
        ;;
    *) fail "there is no order '$1'; there are: ${orders[*]}" ;;
    esac
    if [ ${#prov[@]} -gt 0 ]; then
        settings_to_environment
    else
        forget_environment
        export OPENSSL_CONF=$file
    fi
    write_env
}

# shellcheck source=servers.sh
. "$(dirname "${BASH_SOURCE[0]}")/servers.sh"
