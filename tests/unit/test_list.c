/* SPDX-License-Identifier: Apache-2.0 */

/* Lists in settings: items between commas. */

#include "akv/buf.h"
#include "base/list.h"
#include "base/settings_impl.h"
#include "unit.h"

static void lists(void)
{
    static const struct {
        const char *list, *items; /* items with bars between them */
    } rows[] = {
        { NULL, "" },          { "", "" },
        { "a", "a|" },         { "a,b", "a|b|" },
        { " a , b ", "a|b|" }, { ",,a,,b,,", "a|b|" },
        { " , ", "" },         { ",", "" },
        { "a b", "a b|" },     { "\ta\n,b", "a|b|" },
        { "a,", "a|" },        { ",a", "a|" },
    };
    size_t i, len;

    for (i = 0; i < COUNT(rows); i++) {
        const char *cursor = rows[i].list, *item;
        struct akv_buf out = AKV_BUF_INIT(100);

        while ((item = akv_list_next(&cursor, &len)) != NULL)
            if (!akv_buf_appendf(&out, "%.*s|", (int)len, item))
                break;
        CHECK_STR(rows[i].list != NULL ? rows[i].list : "(null)",
                  akv_buf_str(&out), rows[i].items);
        CHECK(akv_list_next(&cursor, &len) == NULL);
        akv_buf_free(&out);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "lists", lists },
    };

    return unit_main("list", tests, COUNT(tests));
}
