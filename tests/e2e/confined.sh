#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Processes as distributions confine them: without threads, descriptors, memory,
# network, rights or their root directory, before and after they load a key;
# and HAProxy as Debian configures it, with a user, a chroot and no processes.
# The vault and the authority have names of their own, which libcurl does not
# know by itself. Usage: confined.sh BUILD-DIR

if [ "${2:-}" != inside ]; then
    if [ "$(id -u)" -ne 0 ] || ! unshare --mount --net true 2>/dev/null; then
        echo 'skipped: namespaces of mounts and networks can be made by root only'
        exit 77
    fi
    exec unshare --mount --net --propagation private "$0" "$1" inside
fi
ip link set lo up

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Names that no service knows but for the hosts file, which is this mount's own.
name_hosts()
{
    cp /etc/hosts hosts
    echo '127.0.0.1 demo.vault.azure.net login.microsoftonline.com' >>hosts
    mount --bind hosts /etc/hosts
    vault=${vault/localhost/demo.vault.azure.net}
}

# The vault's CA among the system's, and no setting that names it.
trust_as_the_system()
{
    local bundle=/etc/ssl/certs/ca-certificates.crt

    [ -e "$bundle" ] || return 0
    cat "$bundle" "$ca_file" >bundle.crt
    mount --bind bundle.crt "$bundle"
    sed -i '/^ca-file/d' "$OPENSSL_CONF"
    lacks "$OPENSSL_CONF" ca-file
}

configure()
{
    ossl pkey -in "akv://$vault/keys/ec" -out ref.pem
    plain req -x509 -key ec.pem -subj /CN=localhost -days 2 -out ca.crt
    chmod -R go+rX .
}

# Who looks for leaks needs a thread of its own.
no_leaks=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0

# confined LIMIT MOMENT PATTERN: by reference and by URI, in a thread and in a
# job. The pattern is of what the program prints.
confined()
{
    local limit=$1 moment=$2 pattern=$3 key way

    for key in ref.pem "akv://$vault/keys/ec"; do
        for way in plain job; do
            ASAN_OPTIONS=$no_leaks timeout 60 \
                "$build/tests/e2e/confined" "$limit" "$moment" "$way" \
                "$key" "$work/empty" >out 2>err \
                || fail "$limit $moment $way $key: status $?: $(cat err)"
            grep -qE "^($pattern)" out \
                || fail "$limit, $moment the key is loaded, $way, $key: $(cat out)"
        done
        printf '%-12s %-6s %-9s %s\n' "$limit" "$moment" \
            "$([ "$key" = ref.pem ] && echo reference || echo URI)" \
            "$(cut -c1-100 out)" >>table
    done
}

table()
{
    mkdir empty
    : >table
    # Newer libcurls keep the threads that look names up for a while.
    AKV_THREADS=auto confined nothing before 'works, tasks: [2-4]$'
    AKV_THREADS=never confined nothing before 'works, tasks: 1$'
    confined user before works
    confined user after works
    confined threads before 'works, tasks: 1$'
    confined threads after 'works, tasks: [1-4]$' # threads of the load
    confined sandbox before works
    confined sandbox after works
    confined descriptors before 'no descriptors left: .*Too many open files'
    confined descriptors after 'no descriptors left: .*Too many open files|works'
    if [ ${#sanitizer[@]} -eq 0 ]; then
        confined memory before works
        confined memory after works
    fi
    confined network before 'vault cannot be reached: '
    confined network after 'vault cannot be reached: |works' # a connection
    confined root before 'not reachable in this chroot: .*chroot'
    confined root after works
    say "limit        moment key       result"
    while IFS= read -r line; do say "$line"; done <table
}

# The whole process in a cgroup with room for itself alone, where there are
# cgroups that can be made.
cgroup()
{
    local group

    for group in /sys/fs/cgroup/pids /sys/fs/cgroup; do
        if [ ! -w "$group" ] || ! mkdir "$group/akv-test.$$" 2>/dev/null; then
            continue
        fi
        group=$group/akv-test.$$
        if [ -e "$group/pids.max" ] && echo 1 >"$group/pids.max"; then
            (echo "$BASHPID" >"$group/cgroup.procs" \
                && ASAN_OPTIONS=$no_leaks exec "$build/tests/e2e/confined" \
                    nothing before plain ref.pem) >out 2>err || true
            rmdir "$group"
            contains out '^works'
            say 'pids cgroup of 1: works'
            return
        fi
        rmdir "$group"
    done
    say 'pids cgroup of 1: not tried, none can be made here'
}

# The hosts file that everybody else has, again.
forget_hosts()
{
    umount /etc/hosts
}

# haproxy WAY [CHROOT]: with the distribution's own configuration, its user and
# so no processes, and one frontend.
haproxy_serves()
{
    local way=$1 jail=${2:-} threads

    for threads in 1 4; do
        free_port
        {
            sed -E -e '/^\s*(chroot|stats socket|stats timeout|daemon|log)\>/d' \
                -e "s,^global\$,&\n nbthread $threads\n $jail," \
                /etc/haproxy/haproxy.cfg
            printf 'frontend akv\n bind 127.0.0.1:%s ssl crt %s\n' \
                "$port" "$work/bundle.pem"
            printf ' http-request return status 200\n'
        } >haproxy.cfg
        [ "$way" = blocking ] \
            || sed -i '0,/^global$/s//&\n ssl-mode-async/' haproxy.cfg
        contains haproxy.cfg '^[[:space:]]*user haproxy'
        launch haproxy.log haproxy -W -db -f haproxy.cfg
        clients 1 1
        [ "$way" = blocking ] || forget_hosts # nothing is looked up any more
        fault '[{"match": {"op": "sign"}, "action": {"delay_ms": 50}}]'
        clients 8 4
        [ "$way" = blocking ] || { clients 64 4 && clients 256 1; }
        hang_up_in_signature 40 8
        fault '[]'
        clients 16 4
        stop "$server"
        lacks haproxy.log 'FATAL|BUG'
        [ "$way" = blocking ] || mount --bind hosts /etc/hosts
        say "HAProxy with a user, $way, nbthread $threads ${jail:+($jail)}: works"
    done
}

with_haproxy()
{
    if ! command -v haproxy >/dev/null || [ ${#sanitizer[@]} -ne 0 ] \
        || ! of_one_openssl "$(command -v haproxy)" "$build/keyvault.so"; then
        say 'HAProxy: not tried'
        return
    fi
    cat ca.crt ref.pem >bundle.pem
    mkdir -p /var/lib/haproxy
    haproxy_serves blocking
    haproxy_serves async
    haproxy_serves blocking 'chroot /var/lib/haproxy'
    haproxy_serves async 'chroot /var/lib/haproxy'
}

emulator_options=(--vault demo)
# A hundred references of a vault whose name nobody answers for: the check of a
# configuration takes no longer than one connection may.
dead_name_service()
{
    local start i

    if ! command -v nginx >/dev/null || [ ${#sanitizer[@]} -ne 0 ] \
        || [ ! -e /etc/resolv.conf ] \
        || ! of_one_openssl "$(command -v nginx)" "$build/keyvault.so"; then
        say 'a dead name service: not tried'
        return
    fi
    echo 'nameserver 127.0.0.1' >resolv.conf
    mount --bind resolv.conf /etc/resolv.conf
    forget_hosts
    mkfifo bound
    perl -MSocket -e 'socket(my $s, AF_INET, SOCK_DGRAM, 0) or die;
        bind($s, sockaddr_in(53, INADDR_LOOPBACK)) or die "bind: $!";
        syswrite(STDOUT, "bound\n"); sleep 600; # until it is killed' >bound 9>&- &
    pids+=($!)
    IFS= read -r -t 10 _ <bound || fail 'no name service that does not answer'
    {
        echo "pid $work/nginx.pid; events {} http {"
        for i in {1..100}; do
            echo "server { listen 127.0.0.1:$((20000 + i)) ssl;" \
                "ssl_certificate $work/ca.crt; ssl_certificate_key $work/ref.pem; }"
        done
        echo '}'
    } >nginx.conf
    start=$(now_ms)
    run nginx -t -e "$work/error.log" -c "$work/nginx.conf" 2>err \
        || { show err && fail 'nginx -t fails'; }
    start=$(($(now_ms) - start))
    say "nginx -t with a dead name service, 100 references: $start ms"
    # Three seconds are connect-timeout; two more are left to a slow machine.
    [ "$start" -le 5500 ] || fail 'the name service is waited for too long'
}

start_emulator
cd "$work"
name_hosts
order conf
vars=()
sed -i "s,https://localhost,https://login.microsoftonline.com,; s/^trusted-hosts.*//" \
    "$OPENSSL_CONF"
trust_as_the_system
configure
export AKV_TIMEOUT=5s
table
cgroup
with_haproxy
dead_name_service
