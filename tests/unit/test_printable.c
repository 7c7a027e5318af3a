/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "unit.h"

static void made_printable(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "", "" },
        { "a b~", "a b~" },
        { "a\033[2Jb", "a [2Jb" },
        { "\001\037\177", "   " },
        { "a\tb\nc\rd", "a b c d" },
        { "\302\2332J", "  2J" },                       /* U+009B */
        { "\302\200\302\237\302\240", "    \302\240" }, /* C1, and beyond */
        { "\303\244\342\202\254\360\237\224\221",       /* 2, 3 and 4 bytes */
          "\303\244\342\202\254\360\237\224\221" },
        { "\233[2J\200", " [2J " },    /* C1 of eight bits */
        { "\303", " " },               /* cut */
        { "\342\202", "  " },          /* cut */
        { "\342\202\033[m", "   [m" }, /* an escape in a character */
        { "\340\202\233", "   " },
        { "\355\240\200", "   " },
        { "\360\200\202\233", "    " },
        { "\300\233", "  " }, /* longer than needed */
        { "\377\376", "  " },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        char text[40];

        (void)snprintf(text, sizeof(text), "%s", rows[i].text);
        akv_make_printable(text);
        CHECK_STR(rows[i].want, text, rows[i].want);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "made printable", made_printable },
    };

    return unit_main("printable", tests, COUNT(tests));
}
