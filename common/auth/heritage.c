/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A fork may come between any two steps of the loop that writes here. So lists
 * only grow, at their front, by entries that are complete; and a token is
 * replaced by exchanging its pointer, before the old one can be freed.
 */

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/heritage.h"

struct token {
    int64_t expires_on; /* wall clock, seconds */
    char text[];
};

/* The token before is kept until the next but one: a loop that has lost its
 * descriptors may end later than another begins. */
struct token_place {
    struct token_place *next;
    char *tenant, *scope;         /* owned */
    struct token *_Atomic token;  /* owned; NULL: none */
    struct token *_Atomic former; /* owned */
};

/* The newest of a host counts. */
struct posed_place {
    struct posed_place *next;
    char host[256];
    unsigned port;
    struct akv_challenge_entry posed;
};

struct akv_heritage {
    struct token_place *_Atomic tokens;
    struct posed_place *_Atomic posed;
};

struct akv_heritage *akv_heritage_new(void)
{
    return calloc(1, sizeof(struct akv_heritage));
}

static void token_free(struct token *token)
{
    if (token != NULL)
        akv_wipe(token->text, strlen(token->text));
    free(token);
}

static void place_free(struct token_place *place)
{
    if (place == NULL)
        return;
    token_free(atomic_load(&place->token));
    token_free(atomic_load(&place->former));
    free(place->tenant);
    free(place->scope);
    free(place);
}

void akv_heritage_free(struct akv_heritage *heritage)
{
    struct token_place *place, *next;
    struct posed_place *posed, *next_posed;

    if (heritage == NULL)
        return;
    for (place = atomic_load(&heritage->tokens); place != NULL; place = next) {
        next = place->next;
        place_free(place);
    }
    for (posed = atomic_load(&heritage->posed); posed != NULL;
         posed = next_posed) {
        next_posed = posed->next;
        free(posed);
    }
    free(heritage);
}

static struct token_place *find_place(const struct akv_heritage *heritage,
                                      const char *tenant, const char *scope)
{
    struct token_place *place = atomic_load(&heritage->tokens);

    while (place != NULL
           && (strcmp(place->tenant, tenant) != 0
               || strcmp(place->scope, scope) != 0))
        place = place->next;
    return place;
}

static struct token_place *add_place(struct akv_heritage *heritage,
                                     const char *tenant, const char *scope)
{
    struct token_place *place = calloc(1, sizeof(*place));

    if (place == NULL)
        return NULL;
    place->tenant = strdup(tenant);
    place->scope = strdup(scope);
    if (place->tenant == NULL || place->scope == NULL) {
        place_free(place);
        return NULL;
    }
    place->next = atomic_load(&heritage->tokens);
    atomic_store(&heritage->tokens, place);
    return place;
}

static struct token *heritage_token_new(const char *text, int64_t expires_on)
{
    size_t size = strlen(text) + 1;
    struct token *token = malloc(sizeof(*token) + size);

    if (token == NULL)
        return NULL;
    token->expires_on = expires_on;
    memcpy(token->text, text, size);
    return token;
}

void akv_heritage_put_token(struct akv_heritage *heritage, const char *tenant,
                            const char *scope, const char *text,
                            int64_t expires_on)
{
    struct token_place *place = find_place(heritage, tenant, scope);
    struct token *former;

    if (place == NULL && text != NULL)
        place = add_place(heritage, tenant, scope);
    if (place == NULL)
        return;
    former = atomic_exchange(&place->token,
                             text != NULL ? heritage_token_new(text, expires_on)
                                          : NULL);
    if (former != NULL) /* never a pointer to what was freed */
        token_free(atomic_exchange(&place->former, former));
}

bool akv_heritage_get_token(const struct akv_heritage *heritage,
                            const char *tenant, const char *scope,
                            struct akv_buf *text, int64_t *expires_on)
{
    struct token_place *place = find_place(heritage, tenant, scope);
    const struct token *token =
        place != NULL ? atomic_load(&place->token) : NULL;

    if (token == NULL || !akv_buf_append_str(text, token->text))
        return false;
    *expires_on = token->expires_on;
    return true;
}

const struct akv_challenge_entry *
akv_heritage_get_challenge(const struct akv_heritage *heritage,
                           const struct akv_id *id)
{
    const struct posed_place *place = atomic_load(&heritage->posed);

    while (
        place != NULL
        && (place->port != id->port || strcasecmp(place->host, id->host) != 0))
        place = place->next;
    return place != NULL ? &place->posed : NULL;
}

void akv_heritage_put_posed(struct akv_heritage *heritage,
                            const struct akv_id *id,
                            const struct akv_challenge_entry *posed)
{
    const struct akv_challenge_entry *known =
        akv_heritage_get_challenge(heritage, id);
    struct posed_place *place;

    if (known != NULL && memcmp(known, posed, sizeof(*posed)) == 0)
        return;
    place = calloc(1, sizeof(*place));
    if (place == NULL)
        return;
    memcpy(place->host, id->host, sizeof(place->host));
    place->port = id->port;
    place->posed = *posed;
    place->next = atomic_load(&heritage->posed);
    atomic_store(&heritage->posed, place);
}
