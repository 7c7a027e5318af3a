#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Dovecot: its login processes have a user of their own and may not start a
# thread. They load the key themselves, behind their chroot, which is set empty
# for that, as the manual says. Usage: dovecot.sh BUILD-DIR

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need dovecot dovecot-imapd
[ "$(id -u)" -eq 0 ] || skip 'only root can start Dovecot'
[[ $(dovecot --version) == 2.3.* ]] || skip 'this is the configuration of 2.3'
[ ${#sanitizer[@]} -eq 0 ] || skip 'Dovecot itself is not clean'
of_one_openssl "$(find /usr/lib -name libssl_iostream_openssl.so | head -n 1)" \
    "$build/keyvault.so" \
    || skip 'Dovecot and the provider are of different versions of OpenSSL'

configure()
{
    ossl pkey -in "$(uri ec)" -out ref.pem
    plain req -x509 -key ec.pem -subj /CN=localhost -days 2 -out ca.crt
    cp "$ca_file" vault.crt
    sed -i "s,^ca-file = .*,ca-file = $work/vault.crt," "$OPENSSL_CONF"
    chmod go+rX . ./*.crt ./*.cnf
    free_port
    cat >dovecot.conf <<END
base_dir = $work/run
state_dir = $work/run
log_path = $work/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <$work/ca.crt
ssl_key = <$work/ref.pem
import_environment = OPENSSL_CONF=$OPENSSL_CONF OPENSSL_MODULES=$OPENSSL_MODULES
mail_location = maildir:$work/mail/%u
passdb {
  driver = static
  args = password=pw
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$work/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = $port
    ssl = yes
  }
}
END
}

start_emulator
cd "$work"
order conf
configure
touch dovecot.log
launch server.log dovecot -F -c "$work/dovecot.conf"
reset_counters
for i in 1 2 3; do
    printf 'a logout\r\n' | OPENSSL_CONF=$work/plain.cnf timeout 20 \
        openssl s_client -connect "127.0.0.1:$port" -CAfile ca.crt -ign_eof \
        >client.$i 2>&1 || { show "client.$i" dovecot.log && fail "login $i"; }
    contains "client.$i" 'Verif.*(OK|0 \(ok\))'
    contains "client.$i" '^a OK Logout completed'
done
expect_count sign 3
stop "$server"
lacks dovecot.log 'Fatal|Panic|Error'
say "Dovecot $(dovecot --version | cut -d' ' -f1), without its chroot: works"
