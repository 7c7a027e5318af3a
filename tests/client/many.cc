// SPDX-License-Identifier: Apache-2.0

// many.c in C++17: functions that are called at the end, and objects that free
// what they have.

#include <akv/akv.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <sys/epoll.h>
#include <unistd.h>

namespace {

template <auto fn> struct freer {
    template <typename T> void operator()(T *object) const
    {
        fn(object);
    }
};

using client_ptr = std::unique_ptr<akv_client, freer<akv_client_free>>;
using json_ptr = std::unique_ptr<akv_json, freer<akv_json_free>>;
using pager_ptr = std::unique_ptr<akv_pager, freer<akv_pager_free>>;
using poller_ptr = std::unique_ptr<akv_poller, freer<akv_poller_free>>;
using settings_ptr = std::unique_ptr<akv_settings, freer<akv_settings_free>>;

constexpr int secret_count = 500, signature_count = 32;

[[noreturn]] void fail(const std::string &what, const akv_error &err)
{
    std::cerr << "many: " << what << ": " << err.message << "\n";
    std::exit(1);
}

using handler = std::function<void(akv_call *, akv_error &)>;

void on_done(void *arg, akv_call *call)
{
    std::unique_ptr<handler> fn(static_cast<handler *>(arg));
    akv_error err = AKV_ERROR_INIT;

    (*fn)(call, err);
}

// Begins what start begins, with fn at its end.
template <typename Start> void begin(handler fn, Start start)
{
    akv_error err = AKV_ERROR_INIT;
    akv_call *call = start(on_done, new handler(std::move(fn)), &err);

    if (call == nullptr)
        fail("begin", err);
    akv_call_free(call);
}

class many {
public:
    many(akv_client *client, const akv_id &vault)
        : client(client), secret_id(vault), key_id(vault), cert_id(vault)
    {
        secret_id.kind = AKV_KIND_SECRET;
        key_id.kind = AKV_KIND_KEY;
        cert_id.kind = AKV_KIND_CERTIFICATE;
        std::snprintf(key_id.name, sizeof(key_id.name), "ec");
        std::snprintf(cert_id.name, sizeof(cert_id.name), "many");
        poller.reset(akv_poller_new(client, AKV_POLL_CREATE, &cert_id));
        pager.reset(akv_pager_new(client, AKV_LIST, &secret_id));
    }

    void begin_all()
    {
        create();
        for (int i = 0; i < secret_count; i++)
            get(i);
        for (int i = 0; i < signature_count; i++)
            sign();
        fetch();
    }

    bool ended() const
    {
        return secrets == secret_count && signatures == signature_count
               && !akv_pager_has_more(pager.get()) && pages_ended && made;
    }

    void report() const
    {
        std::cout << secrets << " secrets, " << signatures << " signatures, "
                  << listed << " listed, certificate "
                  << akv_poller_status(poller.get()) << "\n";
    }

private:
    akv_client *client;
    akv_id secret_id, key_id, cert_id;
    poller_ptr poller;
    pager_ptr pager;
    int secrets = 0, signatures = 0, listed = 0;
    bool pages_ended = false, made = false;

    void get(int number)
    {
        std::snprintf(secret_id.name, sizeof(secret_id.name), "s%d", number);
        begin(
            [this, number](akv_call *call, akv_error &err) {
                akv_secret secret;

                if (!akv_secret_get_result(call, &secret, &err)
                    || akv_buf_str(&secret.value)
                           != "v" + std::to_string(number))
                    fail("a secret", err);
                akv_secret_free(&secret);
                secrets++;
            },
            [this](auto... rest) {
                return akv_secret_get_start(client, &secret_id, rest...);
            });
    }

    void sign()
    {
        begin(
            [this](akv_call *call, akv_error &err) {
                akv_buf signature = AKV_BUF_INIT(64);

                if (!akv_key_sign_result(call, &signature, &err))
                    fail("a signature", err);
                akv_buf_free(&signature);
                signatures++;
            },
            [this](auto... rest) {
                const unsigned char digest[32] = { 1 };

                return akv_key_sign_start(client, &key_id, AKV_ES256, digest,
                                          sizeof(digest), rest...);
            });
    }

    void fetch()
    {
        begin(
            [this](akv_call *call, akv_error &err) {
                if (!akv_pager_fetch_result(pager.get(), call, &err))
                    fail("a page", err);
                while (akv_pager_item(pager.get()) != nullptr)
                    listed++;
                pages_ended = !akv_pager_has_more(pager.get());
                if (!pages_ended)
                    fetch();
            },
            [this](auto... rest) {
                return akv_pager_fetch_start(pager.get(), rest...);
            });
    }

    void create()
    {
        std::unique_ptr<char, freer<std::free>> policy(
            akv_cert_default_policy("CN=many"));

        begin(
            [this](akv_call *call, akv_error &err) {
                akv_json *operation;

                if (!akv_cert_create_result(call, &operation, &err))
                    fail("a certificate", err);
                json_ptr owned(operation);
                step(0);
            },
            [this, &policy](auto... rest) {
                return akv_cert_create_start(client, &cert_id, policy.get(),
                                             nullptr, rest...);
            });
    }

    void step(int delay_ms)
    {
        begin(
            [this](akv_call *call, akv_error &err) {
                if (!akv_poller_step_result(poller.get(), call, &made, &err))
                    fail("a step", err);
                if (!made)
                    step(50);
            },
            [this, delay_ms](auto... rest) {
                return akv_poller_step_start(poller.get(), delay_ms, rest...);
            });
    }
};

} // namespace

int main(int argc, char **argv)
{
    akv_error err = AKV_ERROR_INIT;
    settings_ptr settings(akv_settings_new());
    akv_id vault;

    if (argc != 2 || !settings
        || !akv_settings_read_environment(settings.get(), &err)
        || !akv_id_parse(&vault, argv[1], settings.get(), &err))
        fail("usage: many akv://VAULT", err);
    client_ptr client(akv_client_new(settings.get()));
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int fd = akv_client_fd(client.get(), &err);
    epoll_event event = {};

    event.events = EPOLLIN;
    if (fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        fail("a descriptor", err);
    many all(client.get(), vault);
    all.begin_all();
    while (!all.ended()) {
        if (epoll_wait(epoll, &event, 1, 60000) != 1)
            fail("nothing happens", err);
        akv_client_dispatch(client.get());
    }
    all.report();
    close(epoll);
    return 0;
}
