/* SPDX-License-Identifier: Apache-2.0 */

/* Behind what both begin with in common, one slip must explain the rest. */

#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "base/near.h"

bool akv_is_near(const char *a, const char *b)
{
    while (*a != '\0' && akv_to_lower(*a) == akv_to_lower(*b)) {
        a++;
        b++;
    }
    if (*a == '\0' || *b == '\0')
        return strlen(a) + strlen(b) <= 1;
    return strcasecmp(a + 1, b + 1) == 0 || strcasecmp(a + 1, b) == 0
           || strcasecmp(a, b + 1) == 0
           || (akv_to_lower(a[0]) == akv_to_lower(b[1])
               && akv_to_lower(a[1]) == akv_to_lower(b[0])
               && strcasecmp(a + 2, b + 2) == 0);
}
