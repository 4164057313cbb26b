// Relays, and who sent the message by its envelope (PerMsgStatus::get_envelope_from).
#include <algorithm>
#include <utility>

#include "lib/antispam/message/header_values.hpp"
#include "lib/antispam/relays/read_relays.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

// An address, or the empty one of bounces.
bool is_usable(std::string_view address) {
  const std::size_t at = address.find('@');
  return address.empty() || (at != address.npos && at > 0);
}

}  // namespace

const RelayChain& HeaderValues::relays() {
  if (relays_) return *relays_;
  const Values received = field_values("Received", false);
  Values originating;
  for (const std::string& name : environment_.options.originating_ip_headers) {
    Values values = field_values(name, false);
    if (!values.empty()) originating.push_back(std::move(values.back()));
  }
  relays_ = read_relays(received, originating, environment_.options);
  return *relays_;
}

const std::optional<std::string>& HeaderValues::envelope_from() {
  if (!envelope_from_) envelope_from_ = guess_envelope_from();
  return *envelope_from_;
}

std::optional<std::string> HeaderValues::first_value(std::string_view key) {
  const Values& values = get(key);
  return values.empty() ? std::nullopt : std::optional(values.front());
}

// Of the first relay that is not trusted, else of the oldest one.
std::optional<std::string> HeaderValues::relay_envelope_from() {
  const RelayChain& chain = relays();
  const Relay* relay = nullptr;
  if (!chain.untrusted.empty()) {
    relay = &chain.untrusted.front();
  } else if (!chain.trusted.empty()) {
    relay = &chain.trusted.back();
  }
  if (relay == nullptr || relay->envfrom.empty() || !is_usable(relay->envfrom)) {
    return std::nullopt;
  }
  return relay->envfrom;
}

// A list may have sent the message on under another envelope since.
bool HeaderValues::stands_below_received(std::string_view name) const {
  const auto is_named = [](std::string_view wanted) {
    return
        [wanted](const NodeField& each) { return ascii::equals_ignoring_case(each.name, wanted); };
  };
  const auto received = std::find_if(fields_.begin(), fields_.end(), is_named("Received"));
  return std::any_of(received, fields_.end(), is_named(name));
}

std::optional<std::string> HeaderValues::guess_envelope_from() {
  const std::string& configured = environment_.options.envelope_sender_header;
  if (ascii::equals_ignoring_case(configured, "EnvelopeFrom")) return std::nullopt;
  if (!configured.empty()) {
    auto address = first_value(configured + ":first:addr");
    return address && is_usable(*address) ? address : std::nullopt;
  }
  if (auto address = relay_envelope_from()) return address;
  // fetchmail takes X-Sender of lists for the envelope.
  const auto sender = first_value("X-Sender:first:addr");
  if (sender && sender->find('@') != std::string::npos) {
    const Values& received = get("Received");
    const bool is_fetched = std::any_of(received.begin(), received.end(), [](const auto& line) {
      return line.find("(fetchmail") != std::string::npos;
    });
    if (is_fetched) return std::nullopt;
  }
  if (auto address = first_value("X-Envelope-From:first:addr")) {
    return stands_below_received("X-Envelope-From") ? std::nullopt : address;
  }
  for (const std::string_view name : {"Envelope-Sender", "Return-Path"}) {
    auto address = first_value(std::string(name) + ":first:addr");
    if (address && !stands_below_received(name)) return address;
  }
  return std::nullopt;
}

}  // namespace postern::antispam
