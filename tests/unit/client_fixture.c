/* SPDX-License-Identifier: Apache-2.0 */

#include "client_fixture.h"
#include "unit.h"

static struct fake_replies replies;
static const char *texts[4];

void client_answer(const char *first, const char *second, const char *third)
{
    akv_buf_free(&replies.asked);
    akv_buf_init(&replies.asked, 400000);
    texts[0] = first;
    texts[1] = second;
    texts[2] = third;
    replies.texts = texts;
    replies.next = 0;
    fake_client_set(fake_client_replies, &replies);
}

const char *client_asked(void)
{
    return akv_buf_str(&replies.asked);
}

struct akv_id client_id(const char *url)
{
    struct akv_id id;

    CHECK_AT(url, akv_id_parse_https(&id, url, NULL));
    return id;
}

void client_clear(void)
{
    akv_buf_free(&replies.asked);
    fake_client_set(NULL, NULL);
}
