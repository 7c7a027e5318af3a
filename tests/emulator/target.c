/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "target.h"
#include "xmem.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool emu_percent_decode(char *s, bool plus)
{
    char *out = s;

    for (; *s != '\0'; s++) {
        if (*s == '%') {
            int high = hex_value(s[1]);
            int low = high < 0 ? -1 : hex_value(s[2]);

            if (low < 0 || (high == 0 && low == 0))
                return false;
            *out++ = (char)(high << 4 | low);
            s += 2;
        } else {
            *out++ = plus && *s == '+' ? ' ' : *s;
        }
    }
    *out = '\0';
    return true;
}

static bool parse_path(struct emu_target *target, char *path)
{
    char *save = NULL;

    for (char *p = strtok_r(path, "/", &save); p != NULL;
         p = strtok_r(NULL, "/", &save)) {
        if (target->nsegments == EMU_MAX_SEGMENTS
            || !emu_percent_decode(p, false))
            return false;
        target->segment[target->nsegments++] = p;
    }
    return true;
}

static bool parse_query(struct emu_target *target, char *query)
{
    char *save = NULL;

    for (char *p = strtok_r(query, "&", &save); p != NULL;
         p = strtok_r(NULL, "&", &save)) {
        struct emu_param *param = &target->param[target->nparams];
        char *value = strchr(p, '=');

        if (target->nparams == EMU_MAX_PARAMS)
            return false;
        param->name = p;
        if (value != NULL)
            *value++ = '\0';
        param->value = value == NULL ? p + strlen(p) : value;
        if (!emu_percent_decode(param->name, false)
            || !emu_percent_decode(param->value, false))
            return false;
        target->nparams++;
    }
    return true;
}

bool emu_target_parse(struct emu_target *target, const char *raw)
{
    char *query;

    memset(target, 0, sizeof(*target));
    if (raw[0] != '/')
        return false;
    target->store = emu_xstrdup(raw);
    query = strchr(target->store, '?');
    if (query != NULL)
        *query++ = '\0';
    return parse_path(target, target->store)
           && (query == NULL || parse_query(target, query));
}

void emu_target_free(struct emu_target *target)
{
    free(target->store);
    memset(target, 0, sizeof(*target));
}

const char *emu_target_param(const struct emu_target *target, const char *name)
{
    for (size_t i = 0; i < target->nparams; i++)
        if (strcasecmp(target->param[i].name, name) == 0)
            return target->param[i].value;
    return NULL;
}
