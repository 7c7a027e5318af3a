#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Programs that have rights which their caller has not: set-user-ID,
# set-group-ID, file capabilities. The caller owns the environment, and all that
# it names; nothing of that is opened, run, asked or written. Needs root, for
# the programs and for a mount of its own. Usage: privileged.sh BUILD-DIR

# A sanitizer is not for such programs: its runtime cannot be preloaded.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ "$(id -u)" -eq 0 ] || skip 'this needs root'
need strace strace
need setcap libcap2-bin
[ ${#sanitizer[@]} -eq 0 ] || skip 'no sanitizer loads into such a program'

# What the caller plants: every name leads there. Its proxy is nobody.
evil=
names=()
plant()
{
    local name

    evil=$work/evil
    mkdir -m 777 "$evil"
    for name in az azd curl openssl sh; do
        printf '#!/bin/sh\ntouch %q\necho "{}"\n' "$evil/ran" >"$evil/$name"
    done
    chmod 755 "$evil"/*
    cp "$ca_file" "$evil/ca.pem"
    echo e30.e30.e30 >"$evil/token"
    chmod 644 "$evil/ca.pem" "$evil/token"
    # The clock of files ticks slowly: the mark is to be newer than all of it.
    find "$evil" -exec touch -r "$evil/token" {} +
    until [ planted -nt "$evil/token" ]; do touch planted; done
    free_port
    names=("PATH=$evil:/usr/bin:/bin" "HOME=$evil" "TMPDIR=$evil" "PWD=$evil"
        "XDG_CONFIG_HOME=$evil" "XDG_DATA_HOME=$evil" "CURL_HOME=$evil"
        "NETRC=$evil/netrc" "KRB5_CONFIG=$evil/krb5" "LDAPCONF=$evil/ldap"
        "HOSTALIASES=$evil/hosts" "LOCALDOMAIN=evil.example" "TZ=:$evil/tz"
        "LD_PRELOAD=$evil/l.so" "LD_LIBRARY_PATH=$evil" "LOCPATH=$evil"
        "GCONV_PATH=$evil" "NLSPATH=$evil" "MALLOC_TRACE=$evil/malloc"
        "OPENSSL_CONF=$evil/cnf" "OPENSSL_MODULES=$evil"
        "OPENSSL_ENGINES=$evil" "SSL_CERT_FILE=$evil/ca.pem"
        "SSL_CERT_DIR=$evil" "CURL_CA_BUNDLE=$evil/ca.pem"
        "CURL_SSL_BACKEND=gnutls" "RANDFILE=$evil/rnd"
        "AZURE_CLIENT_ID=evil" "AZURE_TENANT_ID=evil"
        "AZURE_CLIENT_SECRET_FILE=$evil/token"
        "AZURE_CLIENT_CERTIFICATE_PATH=$evil/ca.pem"
        "AZURE_FEDERATED_TOKEN_FILE=$evil/token" "AZURE_CONFIG_DIR=$evil"
        "AZURE_AUTHORITY_HOST=https://127.0.0.1:$port"
        "IDENTITY_ENDPOINT=http://127.0.0.1:$port/" "IDENTITY_HEADER=evil"
        "AKV_ACCESS_TOKEN_FILE=$evil/token" "AKV_CA_FILE=$evil/ca.pem"
        "AKV_CA_PATH=$evil" "AKV_LOG=debug,file:$evil/log"
        "AKV_PROXY=http://127.0.0.1:$port" "AKV_TRUSTED_HOSTS=evil.example"
        "AKV_TIMEOUT=evil" "AKV_SOMETHING=evil")
    for name in http https HTTP HTTPS all ALL; do
        names+=("${name}_proxy=http://127.0.0.1:$port"
            "${name}_PROXY=http://127.0.0.1:$port")
    done
}

# The system's configuration, for those who may read it: its lines come from
# the standard input.
system_config()
{
    write_config "$work/system.cnf" default keyvault
    sed -i "s,^\[section_keyvault\],&\nmodule = $work/modules/keyvault.so," \
        "$work/system.cnf"
    chmod 644 "$work/system.cnf"
}

# as_caller KIND [NAME=VALUE]...: the program signs, under strace, for its
# caller; its exit status, out and err. What it did is in trace.
as_caller()
{
    local program=$work/programs/$1 status=0

    shift
    rm -f trace
    trace env -i "... $*" "$program" "$(uri ec)"
    # shellcheck disable=SC2016 # the inner shell's
    timeout -k 5 60 unshare -m bash -c '
        mount --make-rprivate / && mount --bind "$1" /etc/ssl/openssl.cnf \
            && shift && exec "$@"' - "$work/system.cnf" \
        strace -f -o trace -u nobody -e trace=%file,%process,%network \
        -s 300 env -i "${names[@]}" "$@" "$program" "$(uri ec)" \
        >out 2>err 9>&- || status=$?
    return "$status"
}

# Nothing in the trace leads to the caller's, but for the start itself.
expect_untouched()
{
    sed -i '/execve("\/usr\/bin\/env"/d' trace
    [ -s trace ] || fail 'nothing was traced'
    ! grep -F -e "$evil" -e "htons($port)" trace >found || {
        show found err
        fail 'something of the caller was used'
    }
    [ "$(find "$evil" -newer "$work/planted" | grep -c .)" -eq 0 ] || {
        find "$evil" -newer "$work/planted" >&9
        fail 'something of the caller was written'
    }
    lacks trace 'execve\("[^"]*/(az|azd)"'
}

make_programs()
{
    [[ $(findmnt -no OPTIONS -T .) != *nosuid* ]] \
        || skip 'the temporary folder is mounted nosuid'
    mkdir -m 755 programs modules
    cp "$build"/*.so modules/
    chmod 644 modules/*
    install -m 4755 "$build/tests/e2e/cleanup" programs/set-user-id
    install -m 2755 "$build/tests/e2e/cleanup" programs/set-group-id
    install -m 755 "$build/tests/e2e/cleanup" programs/capabilities
    setcap cap_net_bind_service+ep programs/capabilities \
        || skip 'files cannot have capabilities here'
}

start_emulator
cd "$work"
chmod 755 .
setpriv --reuid=65534 --regid=65534 --clear-groups test -x . \
    || skip 'others may not enter the temporary folder'
make_programs
cp "$ca_file" vault-ca.pem
chmod 644 vault-ca.pem
plant
for kind in set-user-id set-group-id capabilities; do
    config_lines | sed "s,^ca-file = .*,ca-file = $work/vault-ca.pem," \
        | system_config
    status=0
    as_caller $kind || status=$?
    [ "$status" -eq 0 ] || {
        show err
        fail "$kind does not sign: exit status $status"
    }
    expect_untouched
    # The file would be opened by libcurl, at once.
    ! as_caller $kind "SSLKEYLOGFILE=$evil/keys" \
        || fail "$kind signs with SSLKEYLOGFILE"
    contains err 'SSLKEYLOGFILE is in the environment of a program'
    expect_untouched
    # No credential of its own: not the caller's, and no tool.
    {
        config_lines | sed -e "s,^ca-file = .*,ca-file = $work/vault-ca.pem," \
            -e '/^client-/d' -e '/^tenant/d'
        echo 'pod-identity-authority-host = http://127.0.0.1:9'
    } | system_config
    ! as_caller $kind || fail "$kind has a credential"
    contains err 'az(ure-cli)?[ :].*more rights than its caller'
    expect_untouched
done
