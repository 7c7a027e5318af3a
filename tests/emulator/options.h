/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_OPTIONS_H
#define EMU_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define EMU_MAX_VAULTS 64

/* A name of one's own for a vault. */
struct emu_host {
    char name[256];
    const char *vault; /* borrowed from argv; NULL: the default one */
};

struct emu_options {
    uint16_t port;
    const char *listen; /* NULL: 127.0.0.1 and ::1 */
    struct emu_host host[EMU_MAX_VAULTS];
    size_t nhosts;
    const char *challenge_resource; /* NULL: the service's own */
    const char *tls_cert;           /* files; NULL: made by the emulator */
    const char *tls_key;
    const char *vault[EMU_MAX_VAULTS]; /* borrowed from argv, like the rest */
    size_t nvaults;
    const char *hsm[EMU_MAX_VAULTS];
    size_t nhsms;
    uint16_t hsm_port;
    uint16_t identity_port;
    uint16_t control_port;
    bool control_tcp;    /* on control_port */
    const char *arc_dir; /* NULL: the private directory of the run */
    const char *seed;
    bool seed_missing;
    const char *dir; /* NULL: no state directory */
    const char *ready_file;
    int ready_fd; /* -1: none */
    bool auth;
    pid_t parent; /* 0: none */
    bool until_stdin_eof;
    bool help;
};

/* False, with a message on stderr, for what is not understood. */
bool emu_options_parse(struct emu_options *options, int argc, char **argv);
void emu_options_usage(void);

#endif
