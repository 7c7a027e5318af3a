// SPDX-License-Identifier: Apache-2.0

// secrets akv://VAULT/secrets/NAME...: prints how long the values of secrets
// are, all of them asked for at once, in C++17.
//
//     c++ -std=c++17 -o secrets secrets.cc $(pkg-config --cflags --libs akv)

#include <akv/akv.h>

#include <functional>
#include <iostream>
#include <memory>
#include <poll.h>
#include <string>

namespace {

// What has a function that frees it.
template <auto fn> struct freer {
    template <typename T> void operator()(T *object) const
    {
        fn(object);
    }
};

using settings_ptr = std::unique_ptr<akv_settings, freer<akv_settings_free>>;
using client_ptr = std::unique_ptr<akv_client, freer<akv_client_free>>;

// A secret, wiped at its end.
struct secret : akv_secret {
    secret() : akv_secret{} {}
    ~secret() { akv_secret_free(this); }
    secret(const secret &) = delete;
    secret &operator=(const secret &) = delete;
};

using handler = std::function<void(akv_call *)>;

// Calls the handler once, in akv_client_dispatch(). Nothing may be thrown
// through C.
void on_done(void *arg, akv_call *call)
{
    std::unique_ptr<handler> fn(static_cast<handler *>(arg));

    (*fn)(call);
}

// False: it could not be begun.
bool get(akv_client *client, const akv_id &id, handler fn, akv_error &err)
{
    auto arg = std::make_unique<handler>(std::move(fn));
    akv_call *call =
        akv_secret_get_start(client, &id, on_done, arg.get(), &err);

    if (call == nullptr)
        return false;
    arg.release(); // on_done() has it now
    akv_call_free(call);
    return true;
}

} // namespace

int main(int argc, char **argv)
{
    akv_error err = AKV_ERROR_INIT;
    settings_ptr settings(akv_settings_new());
    int left = 0, failures = 0;

    if (!settings || !akv_settings_read_environment(settings.get(), &err)) {
        std::cerr << err.message << "\n";
        return 1;
    }
    client_ptr client(akv_client_new(settings.get()));
    pollfd polled = { akv_client_fd(client.get(), &err), POLLIN, 0 };

    for (int i = 1; i < argc && polled.fd >= 0; i++) {
        std::string uri = argv[i];
        akv_id id;

        auto show = [&, uri](akv_call *call) {
            akv_error why = AKV_ERROR_INIT;
            secret value;

            if (akv_secret_get_result(call, &value, &why))
                std::cout << uri << ": " << value.value.len << " bytes\n";
            else
                std::cerr << why.message << "\n", failures++;
            left--;
        };
        if (akv_id_parse(&id, uri.c_str(), settings.get(), &err)
            && get(client.get(), id, show, err))
            left++;
        else
            std::cerr << err.message << "\n", failures++;
    }
    while (left > 0) {
        poll(&polled, 1, -1);
        akv_client_dispatch(client.get());
    }
    return failures > 0 || polled.fd < 0;
}
