/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_API_VERSION_H
#define EMU_API_VERSION_H

#include <stdbool.h>

/* Versions in the order they came out, so that replies can follow them. */
enum emu_api {
    EMU_API_2015,
    EMU_API_2016,
    EMU_API_7_0,
    EMU_API_7_1,
    EMU_API_7_2,
    EMU_API_7_3,
    EMU_API_7_4,
    EMU_API_7_5,
    EMU_API_7_6,
    EMU_API_2025_06,
    EMU_API_2025_07,
    EMU_API_2026_04
};

/* Stable versions, and previews of them as "X-preview" or "X-preview.N". */
bool emu_api_parse(const char *text, enum emu_api *api);
const char *emu_api_latest(void);

#endif
