/* SPDX-License-Identifier: Apache-2.0 */

/* Descriptors that a program closes, and whose numbers it uses again. */

#ifndef FD_FIXTURE_H
#define FD_FIXTURE_H

#include <stdbool.h>

bool is_open(int fd);

/* Closes the number, and opens something else under it. */
void replace(int fd, int (*make)(void));

int make_file(void);

#endif
