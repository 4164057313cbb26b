// The resolver for real mail: libunbound in a thread of its own, a cache in front of it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/io/resolver/answer_cache.hpp"
#include "lib/io/resolver/resolver.hpp"

namespace postern::io {

struct UnboundSettings {
  /// Name servers to forward to, "ADDRESS" or "ADDRESS@PORT". Empty: those of resolv_conf. The one
  /// word "recursive": ask the authoritative servers ourselves.
  std::vector<std::string> servers;
  std::string resolv_conf = "/etc/resolv.conf";  ///< Where absent, 127.0.0.1 is asked.
  /// Validate answers. Off by default: behind a forwarder that strips signatures every signed
  /// domain would become bogus.
  bool dnssec = false;
  std::string trust_anchor_file = "/usr/share/dns/root.key";  ///< Where absent, no validation.
  CacheLimits cache;
  std::size_t max_open_questions = 1000;  ///< More are answered not_asked at once.
};

/// Called from the resolver's thread, once a change: false when the name servers have stopped
/// answering, true when they answer again. The detail fits a log line. It must not throw.
using HealthCallback = std::function<void(bool up, const std::string& detail)>;

/// Starts the thread. A name server that does not answer is no error.
/// \return What is wrong with the settings, or that memory or descriptors are lacking.
[[nodiscard]] Expected<std::unique_ptr<Resolver>, std::string> make_unbound_resolver(
    const UnboundSettings& settings, HealthCallback on_health);

}  // namespace postern::io
