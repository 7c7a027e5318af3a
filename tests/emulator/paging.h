/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_PAGING_H
#define EMU_PAGING_H

#include "vault.h"

/* Where a list begins and how much of it is asked for. */
struct emu_page {
    size_t max;
    char *marker; /* owned; NULL: from the beginning */
};

#define EMU_MAX_PAGE 25

/* False, with the 400 in the reply, if what is asked for makes no sense. */
bool emu_page_read(struct emu_call *call, struct emu_page *page);

/* Adds nextLink: behind the marker, NULL for the last page. */
void emu_page_add_link(const struct emu_call *call, struct json_object *obj,
                       const struct emu_page *page, const char *marker);

/* Items as one page: for lists that are short, and kept as a whole. */
void emu_page_reply(struct emu_call *call, struct json_object *items);

#endif
