// The DNS tree walk: which record applies to a name, and which organization it belongs to
// (RFC 9989 §4.10).
#include "lib/dmarc/tree_walk.hpp"

#include <algorithm>
#include <utility>

#include "lib/dns/name.hpp"

namespace postern::dmarc {
namespace {

std::size_t count_labels(std::string_view name) {
  return static_cast<std::size_t>(std::count(name.begin(), name.end(), '.')) + 1;
}

// The last `count` labels of `name`, which has at least as many.
std::string last_labels(std::string_view name, std::size_t count) {
  std::size_t at = name.size();
  for (std::size_t found = 0; found < count && at != name.npos; ++found) {
    at = at == 0 ? name.npos : name.rfind('.', at - 1);
  }
  return std::string(at == name.npos ? name : name.substr(at + 1));
}

// The only policy record among the TXT records of a name; several count as none (RFC 9989 §4.10
// step 2).
std::optional<PolicyRecord> find_record(const std::vector<std::string>& texts) {
  std::optional<PolicyRecord> found;
  for (const std::string& text : texts) {
    Parsed<PolicyRecord> record = parse_record(text);
    if (!record) continue;
    if (found) return std::nullopt;
    found = std::move(*record);
  }
  return found;
}

}  // namespace

std::vector<std::string> walk_names(std::string_view name) {
  const std::size_t count = count_labels(name);
  std::vector<std::string> names;
  names.reserve(std::min(count, max_walk_queries));
  names.emplace_back(name);
  std::size_t next = count < max_walk_queries ? count - 1 : max_walk_queries - 1;
  for (; next > 0; --next) names.push_back(last_labels(name, next));
  return names;
}

const TreeWalks::Node& TreeWalks::node(const std::string& name) {
  const auto [found, is_new] = nodes_.try_emplace(name);
  Node& node = found->second;
  if (!is_new) return node;
  const std::string owner = "_dmarc." + name;
  if (owner.size() > dns::max_name_size) return node;  // nothing can be there
  const dns::Answer* answer = lookups_.find(owner, dns::Type::txt);
  if (answer == nullptr) {
    node.state = Node::State::missing;
  } else if (answer->is_failure()) {
    node.state = Node::State::failed;
  } else {
    node.name_exists = answer->status != dns::Status::nxdomain;
    if (std::optional<PolicyRecord> record = find_record(answer->texts)) {
      node.record = std::move(*record);
      node.state = Node::State::present;
    }
  }
  return node;
}

// From the longest name to the shortest (RFC 9989 §4.10.2). Sets the organizational domain and, if
// the name has no record of its own, finds that of this domain, else of the public suffix above it.
void TreeWalks::find_organization(const std::vector<std::string>& names, Walk& walk) {
  const std::string& start = names.front();
  std::string record_at;  // the name with the fewest labels that has a record
  walk.organizational_domain = start;
  for (const std::string& name : names) {
    const Node& node = this->node(name);
    if (node.state == Node::State::failed) {
      // Whatever is there might end the walk, or be the record with the fewest labels.
      walk.failed_name = name;
      walk.organizational_domain.clear();
      return;
    }
    if (node.state != Node::State::present) continue;
    walk.organizational_domain = record_at = name;
    if (node.record.psd == PublicSuffix::yes && name != start) {
      const std::string below = last_labels(start, count_labels(name) + 1);
      walk.organizational_domain = below;
      // Only what this walk asked counts: that name may be one the walk has left out.
      const bool was_asked = std::find(names.begin(), names.end(), below) != names.end();
      if (was_asked && this->node(below).state == Node::State::present) record_at = below;
    }
    if (node.record.psd != PublicSuffix::unknown) break;
  }
  if (walk.policy == nullptr && !record_at.empty()) {
    walk.policy = &node(record_at).record;
    walk.policy_domain = record_at;
  }
}

const Walk& TreeWalks::walk(const std::string& name) {
  const auto [found, is_new] = walks_.try_emplace(name);
  Walk& walk = found->second;
  if (!is_new) return walk;
  const std::vector<std::string> names = walk_names(name);
  walk.is_complete = true;
  for (const std::string& each : names) {
    if (node(each).state == Node::State::missing) walk.is_complete = false;
  }
  if (!walk.is_complete) return walk;
  const Node& own = node(name);
  walk.name_exists = own.name_exists;
  if (own.state == Node::State::present) {
    walk.policy = &own.record;
    walk.policy_domain = name;
  }
  find_organization(names, walk);
  return walk;
}

}  // namespace postern::dmarc
