// The SPF records of the domains of one check, as far as DNS has answered (RFC 7208 §4.4, §4.5).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "lib/dns/answers.hpp"
#include "lib/spf/record.hpp"

namespace postern::spf {

/// What a domain publishes. Views borrow from the dns::Answers it was found in.
struct Policy {
  enum class State {
    unknown,    ///< Not answered yet.
    none,       ///< No SPF record, or no such domain.
    found,      ///< `record` is set.
    temperror,  ///< DNS failed.
    permerror,  ///< More than one record, or one that is too large or not right.
  };
  State state = State::unknown;
  Record record;
  std::string_view problem;  ///< A literal; of temperror and permerror.
};

/// Finds policies and keeps them: a domain that occurs again, in a loop or after the look ahead, is
/// not parsed again.
class Policies {
 public:
  explicit Policies(std::size_t max_record_size) : max_record_size_(max_record_size) {}

  /// The policy of a domain; the question is noted in `lookups`. Valid until the object goes.
  ///
  /// \param domain  In the form of dns::parse_name.
  const Policy& find(const std::string& domain, dns::Lookups& lookups);

 private:
  std::size_t max_record_size_;  // Octets.
  std::map<std::string, Policy> policies_;
};

}  // namespace postern::spf
