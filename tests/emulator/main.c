/* SPDX-License-Identifier: Apache-2.0 */

/*
 * akv-emulator: a Key Vault on this machine, for development and tests.
 * Set-up and the way out.
 */

#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "counters.h"
#include "faults.h"
#include "identity.h"
#include "options.h"
#include "ossl.h"
#include "request_log.h"
#include "seed.h"
#include "service.h"
#include "state_dir.h"
#include "store.h"
#include "throttle.h"
#include "token_cache.h"

/* The vaults of --host are there. */
static bool check_hosts(const struct emu *emu)
{
    const struct emu_options *options = emu->options;

    for (size_t i = 0; i < options->nhosts; i++) {
        const struct emu_host *host = &options->host[i];

        if (host->vault == NULL
            || emu_store_find_vault(emu->store, host->vault) != NULL)
            continue;
        fprintf(stderr,
                "akv-emulator: --host '%s=%s': there is no such vault\n",
                host->name, host->vault);
        return false;
    }
    return true;
}

static bool set_up_store(struct emu *emu)
{
    const struct emu_options *options = emu->options;
    bool fresh = true;

    emu->store = emu_store_new();
    emu->identity = emu_identity_new();
    emu->token_cache = emu_token_cache_new();
    emu->counters = emu_counters_new();
    emu->faults = emu_faults_new(emu->stop_fd);
    emu->throttle = emu_throttle_new();
    emu->log = emu_log_new();
    for (size_t i = 0; i < options->nvaults; i++)
        emu_store_add_vault(emu->store, options->vault[i]);
    for (size_t i = 0; i < options->nhsms; i++) {
        emu_store_add_vault(emu->store, options->hsm[i]);
        emu_store_traits(emu->store, options->hsm[i])->hsm = true;
    }
    if (options->dir != NULL
        && (!emu_state_open(options->dir, &fresh)
            || !emu_store_use_dir(emu->store, options->dir)))
        return false;
    if (emu_store_default(emu->store, false) == NULL && options->seed == NULL)
        emu_store_add_vault(emu->store, EMU_DEFAULT_VAULT);
    if (options->seed != NULL && !emu_seed_load(options->seed, fresh, emu))
        return false;
    if (!check_hosts(emu))
        return false;
    if (options->dir == NULL)
        return true;
    emu_store_save_vaults(emu->store);
    return emu_identity_use_dir(emu->identity, options->dir);
}

static void tear_down_store(struct emu *emu)
{
    emu_log_free(emu->log);
    emu_throttle_free(emu->throttle);
    emu_faults_free(emu->faults);
    emu_counters_free(emu->counters);
    emu_token_cache_free(emu->token_cache);
    emu_identity_free(emu->identity);
    emu_store_free(emu->store);
}

/* Signals arrive through a descriptor; no thread may take one meanwhile. */
static int block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* A thousand connections need more descriptors than shells allow for. */
static void allow_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= 4096)
        return;
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    struct emu_options options;
    struct emu emu = { .options = &options, .stop_fd = -1 };
    int signal_fd;
    int rc = EX_EMU_USAGE;

    if (!emu_options_parse(&options, argc, argv)) {
        fputs("akv-emulator: try --help\n", stderr);
        return EX_EMU_USAGE;
    }
    if (options.help) {
        emu_options_usage();
        return 0;
    }
    allow_descriptors();
    signal_fd = block_signals();
    emu.stop_fd = eventfd(0, EFD_CLOEXEC);
    if (signal_fd < 0 || emu.stop_fd < 0 || !emu_ossl_init()) {
        fputs("akv-emulator: cannot start\n", stderr);
        return 1;
    }
    if (set_up_store(&emu))
        rc = emu_service_run(&emu, signal_fd);
    tear_down_store(&emu);
    emu_ossl_cleanup();
    close(emu.stop_fd);
    close(signal_fd);
    return rc;
}
