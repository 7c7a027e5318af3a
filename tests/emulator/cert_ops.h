/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_CERT_OPS_H
#define EMU_CERT_OPS_H

#include "vault.h"

/*
 * What only certificates do. They are three objects and some notes, so one
 * call at a time: emu_cert_run() calls the handler of the operation.
 */
void emu_cert_run(struct emu_call *call);

/* Before the key or the secret of a certificate is read: see cert_renew.h. */
void emu_cert_look_after(const struct emu_call *call);

/* The old key if the policy says so, else a new one; NULL: OpenSSL. */
struct emu_material *emu_cert_order_key(const struct emu_call *call,
                                        struct json_object *policy);

void emu_create_cert(struct emu_call *call);
void emu_import_cert(struct emu_call *call);
void emu_get_cert(struct emu_call *call);
void emu_update_cert(struct emu_call *call);
void emu_get_cert_policy(struct emu_call *call);
void emu_update_cert_policy(struct emu_call *call);

void emu_get_cert_operation(struct emu_call *call);
void emu_update_cert_operation(struct emu_call *call);
void emu_delete_cert_operation(struct emu_call *call);
void emu_merge_cert(struct emu_call *call);

void emu_get_contacts(struct emu_call *call);
void emu_set_contacts(struct emu_call *call);
void emu_delete_contacts(struct emu_call *call);
void emu_list_issuers(struct emu_call *call);
void emu_get_issuer(struct emu_call *call);
void emu_set_issuer(struct emu_call *call);
void emu_update_issuer(struct emu_call *call);
void emu_delete_issuer(struct emu_call *call);

/* Whether the vault has an issuer of that name. */
bool emu_issuer_known(const struct emu_call *call, const char *name);

#endif
