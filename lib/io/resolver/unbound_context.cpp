#include "lib/io/resolver/unbound_context.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include <unbound-event.h>

namespace postern::io {
namespace {

struct Option {
  const char* name;
  const char* value;
};

// With the 16 ports of the default, 100 slow answers queue up behind one another.
constexpr std::array tuning = {
    Option{"infra-keep-probing:", "yes"},      Option{"outgoing-range:", "256"},
    Option{"num-queries-per-thread:", "1024"}, Option{"outgoing-num-tcp:", "16"},
    Option{"key-cache-size:", "1m"},           Option{"neg-cache-size:", "512k"},
    Option{"infra-cache-numhosts:", "2000"},   Option{"trust-anchor-signaling:", "no"},
};

// Who asks the authoritative servers itself looks up the delegations on the way again and again.
constexpr std::array recursive_caches = {
    Option{"msg-cache-size:", "2m"},
    Option{"rrset-cache-size:", "4m"},
};

// Behind a forwarder libunbound needs each answer once: AnswerCache keeps it from then on, and the
// forwarder has a cache, too. What is left are the links of CNAME chains, and DS and DNSKEY records
// for validation.
constexpr std::array forwarding_caches = {
    Option{"msg-cache-size:", "256k"},
    Option{"rrset-cache-size:", "512k"},
};

// A forwarder may well be on this host, and it knows the names of private networks, which
// libunbound would otherwise answer itself with "no such name".
//
// The last three: libunbound learns how fast a server answers and gives up after a few times that.
// But a forwarder answers from its cache in a millisecond and yet needs seconds for a name whose
// own servers are slow. With the default minimum of 50 ms such a name failed after 0.3 s; so
// questions are repeated after 0.7, 1.4, and 2.8 s, and given up after 4.2 s, as long as we wait. A
// lower maximum than 12 s lets one slow domain mark the forwarder as dead for all others; a higher
// one makes recovery after an outage slow. (Measured with libunbound 1.17.1.)
constexpr std::array forwarding = {
    Option{"do-not-query-localhost:", "no"}, Option{"unblock-lan-zones:", "yes"},
    Option{"insecure-lan-zones:", "yes"},    Option{"infra-cache-min-rtt:", "700"},
    Option{"infra-cache-max-rtt:", "12000"}, Option{"outbound-msg-retry:", "2"},
};

Unexpected<std::string> failure(const std::string& what, int error) {
  return Unexpected<std::string>(what + ": " + ub_strerror(error));
}

template <std::size_t size>
Expected<void, std::string> set_options(ub_ctx* context, const std::array<Option, size>& options) {
  for (const Option& option : options) {
    const int error = ub_ctx_set_option(context, option.name, option.value);
    if (error != UB_NOERROR) return failure(std::string("libunbound option ") + option.name, error);
  }
  return {};
}

// Like the C library, asks this host when there is no resolv.conf.
int use_resolv_conf(ub_ctx* context, const std::string& file) {
  const int error = ub_ctx_resolvconf(context, file.c_str());
  return error == UB_READFILE ? ub_ctx_set_fwd(context, "127.0.0.1") : error;
}

Expected<void, std::string> set_servers(ub_ctx* context, const UnboundSettings& settings) {
  const auto& servers = settings.servers;
  if (servers.size() == 1 && servers.front() == "recursive") {
    return set_options(context, recursive_caches);
  }
  auto set = set_options(context, forwarding).and_then([context] {
    return set_options(context, forwarding_caches);
  });
  if (!set) return set;
  for (const std::string& server : servers) {
    const int error = ub_ctx_set_fwd(context, server.c_str());
    if (error != UB_NOERROR) return failure("name server \"" + server + "\"", error);
  }
  if (!servers.empty()) return {};
  const int error = use_resolv_conf(context, settings.resolv_conf);
  if (error != UB_NOERROR) return failure(settings.resolv_conf, error);
  return {};
}

void ignore_answer(void*, int, void*, int, int, char*, int) {}

// Reads the settings for good: libunbound does so at the first question, here one that it answers
// from its own knowledge.
Expected<void, std::string> finalize(ub_ctx* context) {
  constexpr int type_a = 1;
  constexpr int class_in = 1;
  const int error =
      ub_resolve_event(context, "localhost", type_a, class_in, nullptr, ignore_answer, nullptr);
  if (error != UB_NOERROR) return failure("libunbound does not start", error);
  return {};
}

}  // namespace

Expected<ValidatingContext, std::string> make_unbound_context(const UnboundSettings& settings,
                                                              event_base* base) {
  ValidatingContext made;
  made.context.reset(ub_ctx_create_event(base));
  ub_ctx* const context = made.context.get();
  if (context == nullptr) return Unexpected<std::string>("libunbound: no memory for a context");
  ub_ctx_debugout(context, nullptr);  // the daemon logs, and it is told by HealthCallback
  auto done = set_options(context, tuning).and_then([&] { return set_servers(context, settings); });
  if (!done) return Unexpected<std::string>(done.error());
  if (settings.dnssec && access(settings.trust_anchor_file.c_str(), R_OK) == 0) {
    const int error = ub_ctx_add_ta_file(context, settings.trust_anchor_file.c_str());
    if (error != UB_NOERROR) return failure(settings.trust_anchor_file, error);
    made.validates = true;
  }
  done = finalize(context);
  if (!done) return Unexpected<std::string>(done.error());
  return made;
}

}  // namespace postern::io
