/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "fd_fixture.h"
#include "unit.h"

static void known_again(void)
{
    struct akv_fd reader, writer, again = AKV_FD_NONE;
    char byte;
    int number;

    CHECK(!akv_fd_take(&again, -1) && again.fd == -1);
    CHECK(!akv_fd_take(&again, 1000) && again.fd == -1);
    CHECK(!akv_fd_is_ours(&again));
    akv_fd_close(&again);
    CHECK(akv_fd_pipe(&reader, &writer));
    CHECK(fcntl(reader.fd, F_GETFD) == FD_CLOEXEC);
    CHECK(read(reader.fd, &byte, 1) == -1); /* it does not block */
    CHECK(write(writer.fd, "x", 1) == 1 && read(reader.fd, &byte, 1) == 1);
    CHECK(akv_fd_is_ours(&reader) && akv_fd_is_ours(&writer));
    number = writer.fd;
    replace(number, make_file);
    CHECK(!akv_fd_is_ours(&writer));
    akv_fd_close(&writer);
    CHECK_INT("forgotten", writer.fd, -1);
    CHECK("left open" && is_open(number));
    (void)close(number);
    number = reader.fd;
    akv_fd_close(&reader);
    CHECK(!is_open(number) && reader.fd == -1);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "known again", known_again },
    };

    return unit_main("fd", tests, COUNT(tests));
}
