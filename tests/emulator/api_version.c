/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "api_version.h"

static const struct {
    const char *name;
    enum emu_api api;
    bool preview_only;
} versions[] = {
    { "2015-06-01", EMU_API_2015, false },
    { "2016-10-01", EMU_API_2016, false },
    { "7.0", EMU_API_7_0, false },
    { "7.1", EMU_API_7_1, false },
    { "7.2", EMU_API_7_2, false },
    { "7.3", EMU_API_7_3, false },
    { "7.4", EMU_API_7_4, false },
    { "7.5", EMU_API_7_5, false },
    { "7.6", EMU_API_7_6, false },
    { "2025-06-01", EMU_API_2025_06, true },
    { "2025-07-01", EMU_API_2025_07, false },
    { "2026-01-01", EMU_API_2026_04, true },
    { "2026-03-01", EMU_API_2026_04, true },
    { "2026-05-01", EMU_API_2026_04, true },
    { "2026-07-01", EMU_API_2026_04, true },
    { "2026-04-01", EMU_API_2026_04, false },
};

static bool is_preview_suffix(const char *s)
{
    static const char preview[] = "-preview";

    if (strncmp(s, preview, sizeof(preview) - 1) != 0)
        return false;
    s += sizeof(preview) - 1;
    if (*s == '\0')
        return true;
    return s[0] == '.' && s[1] != '\0'
           && s[1 + strspn(s + 1, "0123456789")] == '\0';
}

bool emu_api_parse(const char *text, enum emu_api *api)
{
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        size_t len = strlen(versions[i].name);

        if (strncmp(text, versions[i].name, len) != 0)
            continue;
        if ((text[len] == '\0' && !versions[i].preview_only)
            || is_preview_suffix(text + len)) {
            *api = versions[i].api;
            return true;
        }
    }
    return false;
}

const char *emu_api_latest(void)
{
    return versions[sizeof(versions) / sizeof(versions[0]) - 1].name;
}
