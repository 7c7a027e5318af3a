/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_EMU_H
#define EMU_EMU_H

#include <stdbool.h>
#include <stdint.h>

struct emu_counters;
struct emu_faults;
struct emu_identity;
struct emu_log;
struct emu_options;
struct emu_store;
struct emu_throttle;
struct emu_token_cache;

/* What every request may use. Set up before the first, freed after the last. */
struct emu {
    const struct emu_options *options; /* borrowed from main */
    struct emu_store *store;           /* owned by main, like the rest */
    struct emu_identity *identity;
    struct emu_token_cache *token_cache;
    struct emu_counters *counters;
    struct emu_faults *faults;
    struct emu_throttle *throttle;
    struct emu_log *log;
    uint16_t port;
    uint16_t hsm_port; /* 0: no Managed HSM is served */
    uint16_t identity_port;
    uint16_t control_port; /* 0: the socket alone */
    const char *arc_dir;   /* where key files for Azure Arc go; borrowed */
    bool lenient;          /* takes what is only said to be refused */
    const char *ca_pem;    /* borrowed */
    int stop_fd;           /* becomes readable when the process is to end */
};

#endif
