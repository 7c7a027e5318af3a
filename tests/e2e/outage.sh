#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# nginx, whose workers wait for the vault, and HAProxy with ssl-mode-async, while
# the vault refuses connections, swallows them, has stopped, and answers 403 and
# 500: what a handshake costs meanwhile, and how soon all is well again. Usage:
# outage.sh BUILD-DIR [SECONDS [RETRY-AFTER-FAILURE]]

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
seconds=${2:-4}
retry=${3:-2s}
[ ${#sanitizer[@]} -eq 0 ] || skip 'the servers themselves are not clean'
need nginx nginx
need haproxy haproxy
of_one_openssl "$(command -v nginx)" "$(command -v haproxy)" \
    "$build/keyvault.so" \
    || skip 'servers and the provider are of different versions of OpenSSL'
examples=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")/../../conf-examples")
processes=2 # that use the key

configure()
{
    {
        config_lines
        echo 'timeout = 2s'
        echo "retry-after-failure = $retry"
        echo "log = warning,file:$work/akv.log"
    } | write_config openssl.cnf default keyvault
    export OPENSSL_CONF=$work/openssl.cnf OPENSSL_MODULES=$build
    ossl pkey -in "$(uri ec)" -out ref.pem
    plain req -x509 -key ec.pem -subj /CN=localhost -days 2 -out ca.crt
    cat ca.crt ref.pem >bundle.pem
}

start_nginx()
{
    free_port
    cat >nginx.conf <<END
worker_processes $processes;
pid $work/nginx.pid;
events {}
http {
    access_log off;
    server {
        listen 127.0.0.1:$port ssl;
        ssl_certificate $work/ca.crt;
        ssl_certificate_key $work/ref.pem;
        ssl_session_cache off;
        location / { return 200 "ok"; }
    }
}
END
    launch nginx.log nginx -e "$work/error.log" -c "$work/nginx.conf" \
        -g 'daemon off;'
}

start_haproxy()
{
    free_port
    sed -e "s,/etc/haproxy/web.pem,$work/bundle.pem," \
        -e "s,127.0.0.1:8443,127.0.0.1:$port," \
        "$examples/haproxy.cfg" >haproxy.cfg
    launch haproxy.log haproxy -db -f haproxy.cfg
}

# A socket that takes no connection, since nobody takes those before.
swallow()
{
    mkfifo swallowing
    perl -MSocket -e '
        socket(my $s, AF_INET, SOCK_STREAM, 0) or die;
        setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
        bind($s, sockaddr_in($ARGV[0], INADDR_LOOPBACK)) or die "bind: $!";
        listen($s, 0) or die;
        my @full;
        for (1 .. 8) {
            socket(my $c, AF_INET, SOCK_STREAM, 0);
            use Fcntl;
            fcntl($c, F_SETFL, O_NONBLOCK);
            connect($c, sockaddr_in($ARGV[0], INADDR_LOOPBACK));
            push @full, $c;
        }
        syswrite(STDOUT, "full\n");
        sleep 600; # until it is killed' "${vault##*:}" >swallowing 9>&- &
    swallower=$!
    pids+=("$swallower")
    IFS= read -r -t 10 _ <swallowing || fail 'nothing listens in its place'
    rm swallowing
}

begin_outage()
{
    case $1 in
    refused | swallowed)
        kill -KILL "$emulator_pid"
        wait "$emulator_pid" 2>/dev/null || true
        [ "$1" = refused ] || swallow
        ;;
    stopped) kill -STOP "$emulator_pid" ;;
    *) fault '[{"match": {"op": "sign"}, "action": {"status": '"$1"'}}]' ;;
    esac
}

end_outage()
{
    case $1 in
    refused | swallowed)
        [ "$1" = refused ] || stop "$swallower"
        start_emulator
        export OPENSSL_CONF=$work/openssl.cnf
        ;;
    stopped) kill -CONT "$emulator_pid" ;;
    *) fault '[]' ;;
    esac
}

# outage SERVER KIND
outage()
{
    local server_name=$1 kind=$2 failed times since signs=-

    recovers 4
    reset_counters
    begin_outage "$kind"
    ! clients 8 "${seconds}s" >measured 2>err || fail 'a handshake succeeds'
    failed=$(sed -n 's/^ok 0 failed \([0-9]*\) .*/\1/p' measured)
    [ -n "$failed" ] || fail "some handshakes succeed: $(cat measured)"
    times=$(sed -n 's/^took //p' measured)
    [ "$kind" != 403 ] && [ "$kind" != 500 ] || signs=$(count sign)
    end_outage "$kind"
    since=$(now_ms)
    recovers 4
    say "$(printf '%-8s %-10s %6s handshakes in %s s, %s; %s signs asked; well again after %s ms' \
        "$server_name" "$kind" "$failed" "$seconds" "$times" "$signs" \
        "$(($(now_ms) - since))")"
    # Two seconds are the deadline, for the first, and for a probe behind which
    # others wait; as many are left to a slow machine.
    [ "$(sed -n 's/.*worst_ms \([0-9]*\).*/\1/p' measured)" -le 6000 ] \
        || [ "$retry" = 0s ] || fail 'a handshake takes longer than the deadline'
    # What is under way has its tries; then there is a probe a second.
    [ "$signs" = - ] || [ "$retry" = 0s ] \
        || [ "$signs" -le $((8 * 5 + processes * (seconds + 6))) ] \
        || fail "the vault is asked $signs times"
    [ "$retry" = 0s ] || [ "$failed" -gt $((8 * (seconds + 2))) ] \
        || fail 'handshakes wait for a vault that is away'
}

# A few connections that break are no outage.
resets()
{
    recovers 1s
    : >akv.log
    fault '[{"match": {"op": "sign", "prob": 0.05, "seed": 7},
        "action": {"drop": "rst"}}]'
    clients 8 "${seconds}s"
    fault '[]'
    lacks akv.log 'is away'
}

emulator_options=(--dir "$work/state")
start_emulator
emulator_options+=(--port "${vault##*:}")
cd "$work"
configure
for server_name in nginx haproxy; do
    "start_$server_name"
    for kind in refused swallowed stopped 403 500; do
        outage "$server_name" "$kind"
    done
    resets
    stop "$server"
done
