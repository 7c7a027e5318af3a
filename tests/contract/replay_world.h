/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where replayed calls happen: akv_call_start(), wrapped by the linker, goes
 * through a struct akv_rest on a fake_io. Each call begins with the question
 * for the challenge, which is answered with a recorded one, and goes on with a
 * token and the recorded replies.
 */

#ifndef REPLAY_WORLD_H
#define REPLAY_WORLD_H

#include "fake_io.h"
#include "recordings.h"

#define REPLAY_BEFORE                                                          \
    2 /* requests before the first recorded: question, token */
#define REPLAY_PAGES 40

/* Makes the world for calls to a host. pages are the exchanges whose replies
 * come, in order. */
void replay_world_start(const char *host, const char *challenge,
                        struct exchange *const *pages, size_t count);

/* What was asked for. */
const struct fake_io *replay_world_io(void);

void replay_world_stop(void);

#endif
