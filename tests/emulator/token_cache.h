/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_TOKEN_CACHE_H
#define EMU_TOKEN_CACHE_H

#include <stdbool.h>
#include <stdint.h>

struct emu_principal;

/* What a token says, once its signature, issuer and audience are right. */
struct emu_token_facts {
    const struct emu_principal *caller; /* borrowed; lives as long as we run */
    int64_t nbf;
    int64_t exp;
    const char *vault; /* borrowed: the one it was checked for */
    bool claims_met;   /* asked for with the claims of a challenge */
};

/*
 * Tokens that were found good. A check costs as much as all the rest of a
 * request, and a client sends the same token for an hour.
 */
struct emu_token_cache;

struct emu_token_cache *emu_token_cache_new(void);
void emu_token_cache_free(struct emu_token_cache *cache);

bool emu_token_cache_get(struct emu_token_cache *cache, const char *token,
                         struct emu_token_facts *facts);
void emu_token_cache_put(struct emu_token_cache *cache, const char *token,
                         const struct emu_token_facts *facts);

#endif
