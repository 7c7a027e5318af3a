/* SPDX-License-Identifier: Apache-2.0 */

/* A file of what may differ, and why. */

#ifndef CONTRACT_EXCUSES_H
#define CONTRACT_EXCUSES_H

#include <stdbool.h>

struct excuses;

struct excuses *excuses_new(void);
/*
 * Adds those of a file. Lines of a pattern, as of the shell, for a difference;
 * those above a group of them that begin with # say why. False with a message
 * on stderr.
 */
bool excuses_load(struct excuses *excuses, const char *path);
/* Whether it is excused; the first pattern that fits counts it. */
bool excuses_have(struct excuses *excuses, const char *difference);
/* Prints how often each was needed; false if one never was. */
bool excuses_report(const struct excuses *excuses);
void excuses_free(struct excuses *excuses);

#endif
