// A DNS zone written as JSON: what tests and offline checks ask instead of a resolver.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/dns/answers.hpp"

namespace postern::dns {

inline constexpr unsigned max_cname_chain = 8;  ///< Aliases followed for one question.
inline constexpr int max_zone_nesting = 16;     ///< Levels of JSON; a zone needs four.

/// Why a text is no zone.
struct ZoneError {
  std::string owner;  ///< As the text spells it, any octets: quote it before printing. Empty when
                      ///< the text as a whole is wrong.
  std::string_view problem;  ///< A literal; never quotes the text.
};

/// Names and their records. It answers every question, so an evaluation over it needs no network.
class Zone {
 public:
  /// The answer to a question. A name that is not in the zone is nxdomain, or no_data if there are
  /// names below it. CNAMEs are followed; a loop, or more than max_cname_chain, is servfail.
  [[nodiscard]] Answer lookup(const Question& question) const;

  /// What is known of one owner name.
  struct Node {
    std::map<Type, Answer> answers;
    std::optional<std::string> alias;  ///< CNAME, for the types without an answer above.
    std::optional<Status> failure;     ///< For the types without an answer above.
  };

  /// Adds an owner and the empty names above it. False, and nothing done, if it is there already.
  bool add(const std::string& owner, Node node);

 private:
  [[nodiscard]] const Node* find(std::string_view name) const;

  std::map<std::string, Node, std::less<>> nodes_;
  // Names without records above some owner (RFC 8020 §2): they exist.
  std::set<std::string, std::less<>> ancestors_;
};

/// Reads a zone: an object from owner name to
///
///   {"TXT": [["character-string", ...], "record in one string", ...],
///    "A": ["192.0.2.1"], "AAAA": ["2001:db8::1"], "MX": [[10, "host"], [0, ""]],
///    "PTR": ["host"], "NS": ["host"], "CNAME": "host"}
///
/// The character-strings of one TXT record are joined; their octets are the UTF-8 of the JSON
/// string. Names are compared without regard to case and final dot. "TIMEOUT" or "SERVFAIL" in
/// place of the records of a type makes questions for it end so; {"TIMEOUT": true} or
/// {"SERVFAIL": true} does it for every type that the owner does not list.
[[nodiscard]] Expected<Zone, ZoneError> parse_zone(std::string_view json);

}  // namespace postern::dns
