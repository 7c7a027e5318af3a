/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_ASK_H
#define AKV_ASK_H

#include "akv/client.h"
#include "akv/json.h"

/*
 * Performs an operation and parses the reply, which the caller frees. Takes
 * what op owns; *asked keeps what is needed to describe it afterwards.
 */
bool akv_ask(struct akv_client *client, struct akv_op *op, struct akv_op *asked,
             struct akv_json **json, struct akv_error *err);

#endif
