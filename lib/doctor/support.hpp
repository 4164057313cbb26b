// Words and questions that several checks share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/doctor/check.hpp"

namespace postern::doctor {

/// What the TXT records at a name are, or that there is no telling.
struct Texts {
  bool is_known = false;           ///< False while the answer is missing, and when DNS failed.
  std::vector<std::string> found;  ///< Those that `is_meant` accepts.
};

/// Asks for TXT records. A failure of DNS becomes a `skipped` finding about `subject`.
[[nodiscard]] Texts find_texts(Context& context, const std::string& name,
                               const std::string& subject, bool (*is_meant)(std::string_view));

/// "DNS did not answer for NAME", and why.
[[nodiscard]] std::string failure_text(const std::string& name, const dns::Answer& answer);

/// A record to paste, on one line.
[[nodiscard]] std::string publish(const std::string& name, const std::string& text);

/// Addresses of a name, both families; `failed` when DNS could not say.
struct Addresses {
  bool is_known = false;
  bool failed = false;
  std::vector<IpAddress> found;
};
[[nodiscard]] Addresses find_addresses(Context& context, const std::string& name);

/// Whether a name is one that others can look up: with a dot, and of no private network.
[[nodiscard]] bool is_public_name(const std::string& name);

/// The mail host's name as it should stand in records of a domain: ours, or "mail." before the
/// domain while ours is no public name.
[[nodiscard]] std::string wanted_host(const Facts& facts, const std::string& domain);

/// relayhost: where all mail goes out, so that addresses of this host do not matter. Else empty.
[[nodiscard]] std::string relay_of(const Facts& facts);

/// "a, b, c".
[[nodiscard]] std::string join(const std::vector<std::string>& words);
[[nodiscard]] std::string join(const std::vector<IpAddress>& addresses);

[[nodiscard]] bool contains(const std::vector<IpAddress>& list, const IpAddress& address);

/// "1 day", "3 days".
[[nodiscard]] std::string count(std::int64_t number, std::string_view noun);

/// Text of strangers for one line of output: bytes that are not printable become "?".
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace postern::doctor
