/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <unistd.h>

#include "fd_fixture.h"
#include "unit.h"

bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

void replace(int fd, int (*make)(void))
{
    int other;

    (void)close(fd);
    other = make();
    CHECK(other >= 0 && dup2(other, fd) == fd);
    if (other != fd)
        (void)close(other);
}

int make_file(void)
{
    return open("/dev/null", O_RDWR);
}
