#include "lib/recipients/expand.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "lib/recipients/address.hpp"
#include "lib/recipients/search.hpp"

namespace postern::recipients {
namespace {

constexpr int max_canonical_rounds = 10;  // as in Postfix

// Where in Postfix an address is.
enum class Stage { arrival, virtual_alias, local };
constexpr std::size_t stages = 3;

struct Step {
  Address address;
  Stage stage = Stage::arrival;
  std::string alias;       // local: that listed this address, as local(8) looked it up
  bool has_owner = false;  // local: that alias has an "owner-" alias
  std::size_t depth = 0;

  // Steps of one identity lead to the same mailboxes.
  [[nodiscard]] std::string identity() const {
    const std::string mark = std::to_string(static_cast<int>(stage)) + (has_owner ? "o" : "-");
    return mark + alias + " " + address.text();  // neither part can hold a blank
  }
};

// One evaluation: breadth first over steps, each of which is taken once.
class Expander {
 public:
  Expander(const Names& names, Wants& wants) : names_(names), wants_(wants) {}

  std::optional<Expansion> run(std::string_view recipient) {
    const auto address = parse_address(recipient, names_);
    if (!address) return Expansion{{}, "recipient: " + std::string(address.error().problem), false};
    add({*address, Stage::arrival, {}, false, 0});
    for (std::size_t i = 0; i < steps_.size() && problem_.empty(); ++i) take(i);
    if (!problem_.empty()) return Expansion{{}, problem_, has_failed_};
    if (is_pending_) return std::nullopt;
    if (has_loop()) return Expansion{{}, "the tables lead in a circle", false};
    return Expansion{std::move(mailboxes_), {}, false};
  }

 private:
  void take(std::size_t at) {
    const Step step = steps_[at];  // a copy: steps_ grows
    at_ = at;
    switch (step.stage) {
      case Stage::arrival: return take_arrival(step);
      case Stage::virtual_alias: return take_virtual_alias(step);
      case Stage::local: return take_local(step);
    }
  }

  void take_arrival(const Step& step) {
    const bool propagates = names_.propagated.canonical;
    auto address = canonical(step.address, names_.recipient_canonical_maps, propagates);
    if (address) address = canonical(*address, names_.canonical_maps, propagates);
    if (address) go({*address, Stage::virtual_alias, {}, false, 0});
  }

  // Nothing when it is pending or a problem.
  std::optional<Address> canonical(Address address, const std::vector<std::string>& tables,
                                   bool propagates) {
    for (int round = 0; round < max_canonical_rounds; ++round) {
      const Match match = find(address, tables);
      if (match.kind == Match::Kind::missing) return address;
      const auto listed = read(match, address, propagates);
      if (listed.empty()) return std::nullopt;
      if (listed.front() == address) return address;
      address = listed.front();  // Postfix warns of others, and goes on without them
    }
    fail("canonical addresses lead on and on");
    return std::nullopt;
  }

  void take_virtual_alias(const Step& step) {
    const Match match = find(step.address, names_.virtual_alias_maps);
    if (match.kind == Match::Kind::missing) return leave_cleanup(step.address);
    for (const Address& listed : read(match, step.address, names_.propagated.virtual_alias)) {
      if (listed == step.address) {
        leave_cleanup(listed);  // listed by itself: that is where it ends
      } else {
        go({listed, Stage::virtual_alias, {}, false, 0});
      }
    }
  }

  void leave_cleanup(const Address& address) {
    const auto is_local = this->is_local(address.domain);
    if (!is_local) return;
    if (*is_local && !names_.alias_maps.empty()) {
      go({address, Stage::local, {}, false, 0});
    } else {
      deliver(address, *is_local);
    }
  }

  void take_local(const Step& step) {
    const std::vector<Key> keys = alias_keys(step);
    const Match match = search(keys, names_.alias_maps, wants_);
    if (match.kind == Match::Kind::missing) return deliver_local(step);
    if (match.kind == Match::Kind::pending && names_.owner_request_special) {
      for (const Key& key : keys) static_cast<void>(find_owner(key.text));  // asked along with it
    }
    const auto listed = read(match, step.address, names_.propagated.alias, true);
    if (listed.empty()) return;
    const auto owned = has_owner(match.key.text);
    if (!owned) return;
    for (const Address& address : listed) {
      const auto is_local = this->is_local(address.domain);
      if (!is_local) continue;
      if (*is_local) {
        go({address, Stage::local, match.key.text, *owned, 0});
      } else {
        go({address, Stage::arrival, {}, false, 0});
      }
    }
  }

  // Patterns are asked for both. An alias that lists itself means the user.
  std::vector<Key> alias_keys(const Step& step) const {
    const std::string& local_part = step.address.local_part;
    const std::string user = local_part.substr(0, extension_offset(local_part, names_));
    std::vector<Key> keys;
    if (local_part != step.alias) keys.push_back({local_part, true, false});
    if (user != local_part && user != step.alias) keys.push_back({user, true, true});
    return keys;
  }

  void deliver_local(const Step& step) {
    if (!step.has_owner) return deliver(step.address, true);
    go({step.address, Stage::arrival, {}, false, 0});
  }

  // Nothing when it is pending or a problem.
  std::optional<bool> has_owner(const std::string& alias) {
    if (!names_.owner_request_special) return false;
    const Match match = find_owner(alias);
    if (is_decided(match)) return match.kind == Match::Kind::found;
    return std::nullopt;
  }

  Match find_owner(const std::string& alias) {
    return search({{"owner-" + alias, true, false}}, names_.alias_maps, wants_);
  }

  std::optional<bool> is_local(const std::string& domain) {
    const Locality found = locality(domain, names_, wants_);
    switch (found.kind) {
      case Locality::Kind::local: return true;
      case Locality::Kind::foreign: return false;
      case Locality::Kind::unknown: fail(found.why); break;
      case Locality::Kind::pending: is_pending_ = true; break;
    }
    return std::nullopt;
  }

  // In tables of addresses. Whether a domain is local matters only if it comes to local parts.
  Match find(const Address& address, const std::vector<std::string>& tables) {
    if (tables.empty()) return {};
    Match by_address = search(full_keys(address, names_), tables, wants_);
    if (by_address.kind == Match::Kind::found || by_address.kind == Match::Kind::failed) {
      return by_address;
    }
    Locality home{Locality::Kind::local, {}};
    if (address.domain != names_.origin) home = locality(address.domain, names_, wants_);
    const bool is_at_home = home.kind == Locality::Kind::local;
    Match match = search(address_keys(address, is_at_home, names_), tables, wants_);
    if (home.kind == Locality::Kind::local || home.kind == Locality::Kind::foreign) return match;
    const bool needs_home = by_address.kind == Match::Kind::missing;
    if (needs_home && home.kind == Locality::Kind::unknown) fail(home.why);
    return {Match::Kind::pending, {}, {}};
  }

  bool is_decided(const Match& match) {
    if (match.kind == Match::Kind::failed) {
      has_failed_ = has_failed_ || problem_.empty();
      fail(match.text);
    }
    if (match.kind == Match::Kind::pending) is_pending_ = true;
    return match.kind == Match::Kind::found || match.kind == Match::Kind::missing;
  }

  // The addresses that an entry lists; none when it is pending or a problem.
  // \param are_aliases  It is local(8) that reads them.
  std::vector<Address> read(const Match& match, const Address& key_address, bool propagates,
                            bool are_aliases = false) {
    if (!is_decided(match)) return {};
    const std::string& local_part = key_address.local_part;
    const std::size_t end =
        match.key.lacks_extension ? extension_offset(local_part, names_) : local_part.size();
    const std::string user = local_part.substr(0, end);
    const std::string extension = propagates ? local_part.substr(end) : "";

    // "@domain" keeps the user.
    const std::string prefix = !are_aliases && match.text.starts_with('@') ? user : "";
    const auto destinations = split_destinations(prefix + match.text);
    if (!destinations) {
      fail(std::string(destinations.error().problem));
      return {};
    }
    std::vector<Address> addresses;
    for (const Destination& destination : *destinations) {
      auto address = read_destination(destination, extension);
      if (!address) return {};
      addresses.push_back(std::move(*address));
    }
    return addresses;
  }

  std::optional<Address> read_destination(const Destination& destination,
                                          const std::string& extension) {
    if (leads_outside(destination)) {
      fail("mail goes to a command, a file, or a list in a file");
      return std::nullopt;
    }
    auto address = parse_address(destination, names_);
    if (address) address->local_part += extension;
    if (address && address->text().size() <= max_address_size) return *address;
    fail("listed: " + std::string(address ? "too long" : address.error().problem));
    return std::nullopt;
  }

  // From the step that is taken to the next one.
  void go(Step next) {
    const Step& from = steps_[at_];
    next.depth = from.depth + (next.address == from.address ? 0 : 1);
    if (next.depth > max_depth) return fail("more than 16 tables, one after another");
    const std::size_t to = add(std::move(next));
    edges_.emplace_back(at_, to);
  }

  std::size_t add(Step step) {
    const auto [known, is_new] = known_.try_emplace(step.identity(), steps_.size());
    if (is_new) steps_.push_back(std::move(step));
    if (steps_.size() > stages * max_addresses) fail("more than 300 addresses");
    return known->second;
  }

  void deliver(const Address& address, bool is_local) {
    Mailbox mailbox;
    mailbox.address = address.text();
    mailbox.user = address.local_part.substr(0, extension_offset(address.local_part, names_));
    mailbox.domain = address.domain;
    mailbox.is_local = is_local;
    if (std::find(mailboxes_.begin(), mailboxes_.end(), mailbox) != mailboxes_.end()) return;
    if (mailboxes_.size() == max_mailboxes) return fail("more than 100 mailboxes");
    mailboxes_.push_back(std::move(mailbox));
  }

  // Whether taking away steps that nothing leads to, again and again, leaves any.
  bool has_loop() const {
    std::vector<std::size_t> arrows(steps_.size(), 0);
    std::vector<std::vector<std::size_t>> next(steps_.size());
    for (const auto& [from, to] : edges_) {
      ++arrows[to];
      next[from].push_back(to);
    }
    std::vector<std::size_t> free;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (arrows[i] == 0) free.push_back(i);
    }
    for (std::size_t i = 0; i < free.size(); ++i) {
      for (const std::size_t to : next[free[i]]) {
        if (--arrows[to] == 0) free.push_back(to);
      }
    }
    return free.size() < steps_.size();
  }

  void fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }

  const Names& names_;
  Wants& wants_;
  std::vector<Step> steps_;
  std::map<std::string, std::size_t> known_;  // identity: index in steps_
  std::vector<std::pair<std::size_t, std::size_t>> edges_;
  std::size_t at_ = 0;  // the step that is taken
  std::vector<Mailbox> mailboxes_;
  bool is_pending_ = false;
  std::string problem_;
  bool has_failed_ = false;  // which is the problem
};

}  // namespace

std::vector<std::string> login_names(const Mailbox& mailbox) {
  const std::string local_part = mailbox.address.substr(0, mailbox.address.rfind('@'));
  std::vector<std::string> logins = {mailbox.address};
  const bool has_extension = local_part != mailbox.user;
  if (has_extension) logins.push_back(mailbox.user + "@" + mailbox.domain);
  if (!mailbox.is_local) return logins;
  logins.push_back(local_part);
  if (has_extension) logins.push_back(mailbox.user);
  return logins;
}

std::optional<Expansion> expand(std::string_view recipient, const Names& names, Wants& wants) {
  return Expander(names, wants).run(recipient);
}

}  // namespace postern::recipients
