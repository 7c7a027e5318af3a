/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_NEAR_H
#define AKV_NEAR_H

#include <stdbool.h>

/* Whether a becomes b by one letter more, less or in place of another, by two
 * that change places, or by the case of letters: what a slip of the hand makes
 * of a name. Equal names are near, too. */
bool akv_is_near(const char *a, const char *b);

#endif
