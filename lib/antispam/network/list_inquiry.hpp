// The questions that rules ask about one message: checked, allowed, and bounded.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "lib/antispam/rules/options.hpp"
#include "lib/dns/answers.hpp"

namespace postern::antispam {

/// Questions that one evaluation may rest on; further ones are not asked.
constexpr std::size_t max_list_questions = 1'000;

class ListInquiry {
 public:
  /// \param blocked  Domains not to be asked now (dns_block_rule). All borrowed.
  ListInquiry(const Options& options, std::span<const std::string> blocked,
              const dns::Answers& answers)
      : options_(options), blocked_(blocked), lookups_(answers) {}

  /// The answer; nullptr while it is not known, and for names that are not asked: such as are no
  /// host names, those that dns_query_restriction denies, those of lists that refuse us.
  /// \param name  Of anybody.
  const dns::Answer* ask(std::string_view name, dns::Type type);

  [[nodiscard]] bool has_missing() const { return lookups_.has_missing(); }
  [[nodiscard]] dns::Questions missing() && { return std::move(lookups_).missing(); }

 private:
  [[nodiscard]] bool may_ask(std::string_view name) const;

  const Options& options_;
  std::span<const std::string> blocked_;
  dns::Lookups lookups_;
};

/// "4.3.2.1" of 1.2.3.4, and nibbles of an IPv6 address (RFC 5782 §2.4); empty: `ip` is no address.
[[nodiscard]] std::string reversed_address(std::string_view ip);

}  // namespace postern::antispam
