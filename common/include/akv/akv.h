/* SPDX-License-Identifier: Apache-2.0 */

/* All of the library: Azure Key Vault and Managed HSM from C and C++. */

#ifndef AKV_AKV_H
#define AKV_AKV_H

#include "alg.h"
#include "buf.h"
#include "call.h"
#include "cert.h"
#include "client.h"
#include "contacts.h"
#include "credential.h"
#include "error.h"
#include "issuer.h"
#include "json.h"
#include "jwk.h"
#include "key.h"
#include "key_ref.h"
#include "object.h"
#include "pager.h"
#include "pem.h"
#include "poller.h"
#include "secret.h"
#include "secret_cache.h"
#include "settings.h"
#include "stats.h"
#include "uri.h"
#include "version.h"

#endif
