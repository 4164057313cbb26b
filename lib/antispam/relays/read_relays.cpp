#include "lib/antispam/relays/read_relays.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "lib/antispam/relays/parse_received.hpp"
#include "lib/antispam/text/ip_text.hpp"

namespace postern::antispam {
namespace {

using received::ReceivedLine;

/// Which networks count, as they are configured.
class Trust {
 public:
  explicit Trust(const Options& options)
      : options_(options),
        has_trusted_(options.trusted_networks.is_configured()),
        has_internal_(options.internal_networks.is_configured()) {}

  [[nodiscard]] bool is_inferred() const { return !has_trusted_ && !has_internal_; }
  /// Of two lists a missing one equals the other.
  [[nodiscard]] bool trusts(const Relay& relay) const {
    return holds(has_trusted_ ? options_.trusted_networks : options_.internal_networks, relay);
  }
  [[nodiscard]] bool is_internal(const Relay& relay) const {
    return holds(has_internal_ ? options_.internal_networks : options_.trusted_networks, relay);
  }
  [[nodiscard]] bool is_msa(const Relay& relay) const {
    const auto ip = parse_ip_address(relay.ip);
    return ip && options_.msa_networks.contains(*ip);
  }

 private:
  /// SpamAssassin puts the loopback networks in front of both lists.
  static bool holds(const NetworkList& list, const Relay& relay) {
    const auto ip = parse_ip_address(relay.ip);
    if (!ip) return false;
    return is_loopback(*ip) || list.contains(*ip);
  }
  static bool is_loopback(const IpAddress& ip) {
    const IpAddress plain = ip.unmapped();
    if (plain.is_v4()) return plain.bytes()[0] == 127;
    IpAddress::Bytes one{};
    one[15] = 1;
    return plain == IpAddress::v6(one);
  }

  const Options& options_;
  bool has_trusted_;
  bool has_internal_;
};

/// Goes from the closest hop outwards as long as hops are ours.
class Walk {
 public:
  explicit Walk(const Options& options) : trust_(options) {}

  void add(ReceivedLine line) {
    const std::optional<std::string> sender = std::exchange(sender_of_next_, line.sender_of_next);
    if (line.kind != ReceivedLine::Kind::relay) return pass(line.kind);
    Relay& relay = line.relay;
    if (sender && !sender->empty() && *sender != "0") relay.envfrom = *sender;
    decide(relay);
    relay.internal = in_internal_;
    keep(relay);
  }

  RelayChain finish() && { return std::move(chain_); }

 private:
  void pass(ReceivedLine::Kind kind) {
    if (kind == ReceivedLine::Kind::unknown) ++chain_.unparseable;
    if (kind == ReceivedLine::Kind::fetched && may_restart_) {
      chain_.trusted.clear();
      chain_.internal.clear();
      chain_.external.clear();
    }
    advance();
  }

  void advance() {
    if (in_trusted_) ++chain_.last_trusted_index;
    if (in_internal_) ++chain_.last_internal_index;
  }

  void decide(Relay& relay) {
    if (!in_trusted_ || found_msa_) return;
    const bool authenticated = !relay.auth.empty() && relay.auth != "0";
    if (trust_.is_inferred()) {
      in_trusted_ = relay.is_private || authenticated;
      in_internal_ = in_internal_ && in_trusted_;
      return;
    }
    if (!authenticated && !trust_.trusts(relay)) {
      in_trusted_ = in_internal_ = false;
      return;
    }
    in_internal_ = in_internal_ && (authenticated || trust_.is_internal(relay));
    relay.msa = found_msa_ = trust_.is_msa(relay);
  }

  void keep(const Relay& relay) {
    advance();
    may_restart_ = in_trusted_;
    chain_.all.push_back(relay);
    (in_trusted_ ? chain_.trusted : chain_.untrusted).push_back(relay);
    (in_internal_ ? chain_.internal : chain_.external).push_back(relay);
  }

  Trust trust_;
  RelayChain chain_;
  std::optional<std::string> sender_of_next_;
  bool in_trusted_ = true;
  bool in_internal_ = true;
  bool found_msa_ = false;
  bool may_restart_ = true;  ///< The last relay was trusted, or there was none.
};

/// "from X-Originating-IP: ADDRESS"; empty: the field holds none.
std::string received_of(std::string_view originating) {
  for (std::size_t at = 0; at < originating.size(); ++at) {
    const TextEnds found = ip_address_at(originating, at);
    if (found.count == 0) continue;
    return "from X-Originating-IP: " + std::string(originating.substr(at, found.ends[0] - at));
  }
  return {};
}

}  // namespace

RelayChain read_relays(std::span<const std::string> received,
                       std::span<const std::string> originating, const Options& options) {
  StepBudget budget{max_received_steps};
  Walk walk(options);
  for (const std::string& field : received) walk.add(received::parse_received(field, budget));
  for (const std::string& field : originating) {
    const std::string line = received_of(field);
    if (!line.empty()) walk.add(received::parse_received(line, budget));
  }
  return std::move(walk).finish();
}

}  // namespace postern::antispam
