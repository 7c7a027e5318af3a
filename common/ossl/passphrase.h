/* SPDX-License-Identifier: Apache-2.0 */

/* What every reader of PEM text is given. */

#ifndef AKV_PASSPHRASE_H
#define AKV_PASSPHRASE_H

/*
 * A pem_password_cb(3ossl) that has no passphrase, so that a block with
 * "Proc-Type: 4,ENCRYPTED" (RFC 1421), of whatever kind, is an error. Without a
 * callback, libcrypto asks whoever sits at the terminal of the process, who
 * has not put that block there. Safe from any thread. Returns -1.
 */
int akv_pem_no_passphrase(char *buf, int size, int rwflag, void *userdata);

#endif
