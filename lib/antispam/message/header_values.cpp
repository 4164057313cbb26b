#include "lib/antispam/message/header_values.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "lib/antispam/message/header_addresses.hpp"
#include "lib/antispam/message/header_decoding.hpp"
#include "lib/antispam/message/host_finder.hpp"
#include "lib/antispam/relays/read_relays.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

bool is_field_named(const NodeField& field, std::string_view name) {
  return ascii::equals_ignoring_case(field.name, name);
}

// A display name as people read it.
std::string even_name(std::string_view phrase) {
  std::string name;
  for (const char c : phrase) {
    if (!is_space_octet(c)) {
      name += c;
    } else if (!name.empty() && name.back() != ' ') {
      name += ' ';
    }
  }
  if (name.ends_with(' ')) name.pop_back();
  if (name.size() >= 2 && name.front() == '\'' && name.back() == '\'') {
    name = name.substr(1, name.size() - 2);
  }
  return name;
}

bool has_text(std::string_view text) {
  return !std::all_of(text.begin(), text.end(), is_space_octet);
}

// Fields of a header as it stands, each with its folded lines.
std::vector<std::string> pristine_fields(std::string_view header) {
  std::vector<std::string> fields;
  std::size_t at = 0;
  while (at < header.size()) {
    std::size_t end = at + 1;  // an empty line does not end what it begins
    do {
      const std::size_t newline = header.find('\n', end);
      if (newline == header.npos) return fields;
      end = newline + 1;
    } while (end < header.size() && ascii::is_blank(header[end]));
    if (!ascii::is_blank(header[at])) fields.emplace_back(header.substr(at, end - at));
    at = end;
  }
  return fields;
}

}  // namespace

HeaderRequest::HeaderRequest(std::string_view key) : name(key.substr(0, key.find(':'))) {
  key.remove_prefix(name.size());
  while (!key.empty()) {
    key.remove_prefix(1);
    const std::string_view word = key.substr(0, key.find(':'));
    key.remove_prefix(word.size());
    if (word == "raw") raw = true;
    if (word == "addr") addr = true;
    if (word == "name") phrase = true;
    if (word == "host" || word == "domain") host = true;
    if (word == "domain") domain = true;
    if (word == "ip" || word == "revip") ip = true;
    if (word == "revip") revip = true;
    if (word == "first") first = true;
    if (word == "last") last = true;
  }
}

bool HeaderRequest::is_of_one() const {
  return addr || phrase || host || ip || name == "EnvelopeFrom";
}

HeaderValues::HeaderValues(const std::vector<NodeField>& fields, std::string_view pristine,
                           const RenderEnvironment& environment)
    : fields_(fields), pristine_(pristine), environment_(environment) {}

const std::vector<std::string>& HeaderValues::get(std::string_view key) {
  const auto known = cache_.find(key);
  if (known != cache_.end()) return known->second;
  Values values = make(HeaderRequest(key));
  return cache_.emplace(key, std::move(values)).first->second;
}

HeaderValues::Values HeaderValues::make(const HeaderRequest& request) {
  if (request.name == "ALL" || request.name.starts_with("ALL-")) {
    if (auto values = special_values(request)) return *std::move(values);
  }
  Values values = base_values(request);
  if (values.empty()) return values;
  if (request.first) {
    values.resize(1);
  } else if (request.last) {
    values.erase(values.begin(), values.end() - 1);
  }
  if (request.addr || request.phrase) values = parsed_addresses(values, request);
  if (request.host || request.ip) values = hosts(values, request);
  return values;
}

// The header as a whole, or a part of it; :first and the like have no effect.
std::optional<HeaderValues::Values> HeaderValues::special_values(const HeaderRequest& request) {
  if (request.name == "ALL") return all(request.raw);
  const auto behind = [](int index) { return index + 1; };
  if (request.name == "ALL-TRUSTED") {
    return range(-1, behind(relays().last_trusted_index), request.raw);
  }
  if (request.name == "ALL-INTERNAL") {
    return range(-1, behind(relays().last_internal_index), request.raw);
  }
  if (request.name == "ALL-UNTRUSTED") {
    return range(behind(relays().last_trusted_index), std::nullopt, request.raw);
  }
  if (request.name == "ALL-EXTERNAL") {
    return range(behind(relays().last_internal_index), std::nullopt, request.raw);
  }
  return std::nullopt;
}

HeaderValues::Values HeaderValues::base_values(const HeaderRequest& request) {
  const auto is = [&request](std::string_view name) {
    return ascii::equals_ignoring_case(request.name, name);
  };
  if (is("EnvelopeFrom")) {
    return envelope_from() ? Values{*envelope_from()} : Values{};
  }
  if (is("X-Spam-Relays-Untrusted")) return {relays_text(relays().untrusted)};
  if (is("X-Spam-Relays-Trusted")) return {relays_text(relays().trusted)};
  if (is("X-Spam-Relays-External")) return {relays_text(relays().external)};
  if (is("X-Spam-Relays-Internal")) return {relays_text(relays().internal)};
  if (is("ToCc")) {
    Values values = field_values("To", request.raw);
    Values copies = field_values("Cc", request.raw);
    std::move(copies.begin(), copies.end(), std::back_inserter(values));
    return values;
  }
  if (request.name == "MESSAGEID") return message_ids(request.raw);
  Values values;
  if (request.raw || request.addr || request.phrase) {
    for (const NodeField& field : fields_) {
      if (is_field_named(field, request.name)) values.push_back(field.raw);
    }
  } else {
    values = field_values(request.name, false);
  }
  if (values.empty()) {
    if (auto text = metadata(request.name)) values.push_back(*std::move(text));
  }
  return values;
}

HeaderValues::Values HeaderValues::field_values(std::string_view name, bool raw) const {
  Values values;
  for (const NodeField& field : fields_) {
    if (!is_field_named(field, name)) continue;
    values.push_back(raw ? unfolded_with_all_space(field.raw) : field.value.bytes + '\n');
  }
  return values;
}

HeaderValues::Values HeaderValues::message_ids(bool raw) const {
  Values ids;
  for (const std::string_view name :
       {"X-Message-Id", "Resent-Message-Id", "X-Original-Message-ID", "Message-Id"}) {
    for (std::string& value : field_values(name, raw)) {
      if (!value.empty()) ids.push_back(std::move(value));
    }
  }
  return ids;
}

// Up to a size; fields of one name count together, where the first of them stands.
HeaderValues::Values HeaderValues::all(bool raw) {
  if (raw) return pristine_fields(pristine_);
  if (all_) return *all_;
  std::map<std::string, std::vector<std::size_t>> places;
  std::vector<const std::vector<std::size_t>*> order;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    auto& same = places[ascii::to_lower(fields_[i].name)];
    if (same.empty()) order.push_back(&same);
    same.push_back(i);
  }
  std::vector<bool> is_shown(fields_.size(), false);
  std::size_t size = 0;
  for (const std::vector<std::size_t>* same : order) {
    for (const std::size_t i : *same) {
      size += fields_[i].name.size() + fields_[i].value.bytes.size() + 3;
      is_truncated_ = is_truncated_ || size > max_header_size;
      is_shown[i] = !is_truncated_;
    }
  }
  all_.emplace();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (is_shown[i]) all_->push_back(fields_[i].name + ": " + fields_[i].value.bytes + '\n');
  }
  return *all_;
}

bool HeaderValues::is_truncated() {
  (void)all(false);
  return is_truncated_;
}

// Fields from one Received field to another, counted from 0; what stands above the first has -1.
HeaderValues::Values HeaderValues::range(int first, std::optional<int> last, bool raw) {
  Values found;
  int index = -1;
  for (std::string& field : all(raw)) {
    if (ascii::starts_with_ignoring_case(field, "received:")) ++index;
    const bool is_end = last && index == *last;
    if (first <= index && (!last || index <= *last)) {
      found.push_back(std::move(field));
    } else if (is_end) {
      found.push_back(std::move(field));
    }
    if (is_end) break;
  }
  return found;
}

std::optional<std::string> HeaderValues::metadata(std::string_view name) {
  if (ascii::equals_ignoring_case(name, "X-SenderDomain")) {
    auto host = first_value("EnvelopeFrom:first:addr:host");
    return host ? std::optional(ascii::to_lower(*host)) : std::nullopt;
  }
  if (!ascii::equals_ignoring_case(name, "X-AuthorDomain")) return std::nullopt;
  std::string domains;
  std::set<std::string_view> seen;
  for (const std::string& host : get("From:addr:host")) {
    if (!seen.insert(host).second) continue;
    if (!domains.empty()) domains += ' ';
    domains += ascii::to_lower(host);
  }
  return seen.empty() ? std::nullopt : std::optional(domains);
}

HeaderValues::Values HeaderValues::parsed_addresses(const Values& lines,
                                                    const HeaderRequest& request) const {
  Values found;
  for (const std::string& line : lines) {
    for (HeaderAddress& each : read_header_addresses(line)) {
      if (found.size() >= max_addresses) return found;
      if (request.addr) {
        if (each.address) found.push_back(*std::move(each.address));
      } else if (each.phrase && request.raw) {
        found.push_back(*std::move(each.phrase));
      } else if (each.phrase) {
        std::string name = decode_field_value({}, *each.phrase, environment_.charsets);
        found.push_back(has_text(name) ? even_name(name) : name);
      }
    }
  }
  return found;
}

HeaderValues::Values HeaderValues::hosts(const Values& lines, const HeaderRequest& request) const {
  Values found;
  for (const std::string& line : lines) {
    std::optional<std::string> value;
    if (request.host) {
      value = request.addr ? host_of_address(line) : find_host(line, environment_.options.tlds);
      if (value && request.domain) value = environment_.boundaries.trim_domain(*value);
    } else {
      value = find_ip(line);
      if (value && request.revip) value = reversed_ip(*value);
    }
    if (value) found.push_back(*std::move(value));
  }
  return found;
}

}  // namespace postern::antispam
