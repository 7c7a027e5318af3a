/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_PRIVILEGED_H
#define AKV_PRIVILEGED_H

#include <stdbool.h>

/*
 * Whether the program has rights that its caller has not (set-user-ID,
 * set-group-ID, file capabilities; AT_SECURE of getauxval(3)). The environment
 * is the caller's: nothing of it may be used then, by us or by a library, and
 * no program may be run, since what is run is found by PATH and finds its
 * configuration by HOME.
 */
bool akv_is_privileged(void);

#endif
