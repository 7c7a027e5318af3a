/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "clock.h"
#include "event.h"
#include "unit.h"

static int64_t in_ms(int64_t ms)
{
    return akv_clock_mono(akv_clock_system()) + ms;
}

struct exchange {
    struct akv_event to, from;
    int value;
};

static void *answer(void *arg)
{
    struct exchange *exchange = arg;

    if (akv_event_wait(&exchange->to, in_ms(20000)))
        exchange->value *= 2;
    akv_event_set(&exchange->from);
    return NULL;
}

/* What was written before is seen behind it, both ways. */
static void between_threads(void)
{
    struct exchange exchange;
    pthread_t thread;
    int i;

    for (i = 0; i < 50; i++) {
        memset(&exchange, 0xff, sizeof(exchange));
        CHECK(akv_event_init(&exchange.to) && akv_event_init(&exchange.from));
        CHECK(pthread_create(&thread, NULL, answer, &exchange) == 0);
        exchange.value = i;
        akv_event_set(&exchange.to);
        CHECK(akv_event_wait(&exchange.from, in_ms(20000)));
        CHECK_INT("value", exchange.value, 2 * i);
        CHECK(pthread_join(thread, NULL) == 0);
        akv_event_destroy(&exchange.to);
        akv_event_destroy(&exchange.from);
    }
}

static void bounds(void)
{
    struct akv_event event;
    int64_t until = in_ms(20);

    CHECK(akv_event_init(&event));
    CHECK(!akv_event_wait(&event, in_ms(-1000)));
    CHECK(!akv_event_wait(&event, 0));
    CHECK(!akv_event_wait(&event, until));
    CHECK(in_ms(0) >= until);
    akv_event_set(&event);
    akv_event_set(&event);
    CHECK(akv_event_wait(&event, 0)); /* set is set, however late it is */
    CHECK(akv_event_wait(&event, in_ms(20000)));
    akv_event_destroy(&event);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "between threads", between_threads },
        { "bounds", bounds },
    };

    return unit_main("event", tests, COUNT(tests));
}
