// Whether a DNS list works at all, found out by asking what it must and must not hold.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/dns/answers.hpp"
#include "lib/dnslist/list.hpp"

namespace postern::dnslist {

/// What a probe has found. Only `works` is good.
enum class Probe {
  works,
  silent,      ///< No answer, or an error.
  refuses,     ///< It answers 127.255.255.x or 127.0.0.1.
  lists_all,   ///< It holds what it must not (RFC 5782 §5): an expired or closed list.
  lists_none,  ///< It does not hold what it must: an empty list, or none at all.
  foreign      ///< It answers addresses outside 127.0.0.0/8.
};

/// One probe and its words for the operator.
struct ProbeResult {
  Probe probe = Probe::works;
  std::string detail = {};  ///< "does not answer"; empty when it works.
};

/// Asks the list about List::probe_listed and List::probe_unlisted: 127.0.0.2 and 127.0.0.1, of a
/// list of domains "test" and "invalid" (RFC 5782 §5). A list without either always works.
[[nodiscard]] dns::Evaluation<ProbeResult> probe(const List& list, const dns::Answers& answers);

/// What the operator is told, once.
struct HealthChange {
  bool on = false;   ///< Whether the list is asked from now on.
  std::string text;  ///< One line: the list, what was found, and the remedy.
};

/// One list. It begins as working; a probe that finds nonsense switches it off at once, silence
/// does after max_silent probes in a row; one that works switches it on again.
class Health {
 public:
  static constexpr unsigned max_silent = 3;

  /// \param name  List::name, for the text.
  std::optional<HealthChange> note(std::string_view name, const ProbeResult& result);
  [[nodiscard]] bool is_on() const { return on_; }

 private:
  friend std::string format(const Health& health);
  friend std::optional<Health> parse_health(std::string_view text);

  bool on_ = true;
  unsigned silent_ = 0;  // probes in a row without an answer
};

/// A state as a value of the store, so that a restart neither warns again nor asks a list that is
/// off. \return Of parse_health nothing for any other text.
[[nodiscard]] std::string format(const Health& health);
[[nodiscard]] std::optional<Health> parse_health(std::string_view text);
/// "d/" and the name of the list.
[[nodiscard]] std::string health_key(std::string_view list_name);

/// All lists of a configuration. A list that is off is probed like the others.
class HealthBook {
 public:
  /// The lists that are on, in their order.
  [[nodiscard]] std::vector<List> active(std::span<const List> lists) const;
  std::optional<HealthChange> note(const List& list, const ProbeResult& result);
  /// For state kept from before; nothing is told.
  void restore(const std::string& list_name, const Health& health) { states_[list_name] = health; }
  [[nodiscard]] const Health& of(const std::string& list_name) const;

 private:
  std::map<std::string, Health> states_;  // by List::name; as many as there are lists
};

}  // namespace postern::dnslist
