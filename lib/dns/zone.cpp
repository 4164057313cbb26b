#include "lib/dns/zone.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"

namespace postern::dns {
namespace {

using Json = nlohmann::json;

constexpr std::size_t max_tlsa_data_size = 65535 - 3;  // RFC 6698 §2.1 in RDATA of 16 bits

// Why one owner's records were not accepted; empty when they were.
using Problem = std::string_view;

std::optional<Status> failure_of(std::string_view word) {
  if (word == "TIMEOUT") return Status::timeout;
  if (word == "SERVFAIL") return Status::servfail;
  return std::nullopt;
}

std::optional<Type> type_of(std::string_view word) {
  if (word == "A") return Type::a;
  if (word == "AAAA") return Type::aaaa;
  if (word == "MX") return Type::mx;
  if (word == "TXT") return Type::txt;
  if (word == "PTR") return Type::ptr;
  if (word == "TLSA") return Type::tlsa;
  if (word == "NS") return Type::ns;
  return std::nullopt;
}

std::optional<std::string> name_of(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto name = parse_name(value.get_ref<const std::string&>());
  return name ? std::optional<std::string>(*name) : std::nullopt;
}

Problem read_text(const Json& value, Answer& answer) {
  if (value.is_string()) {
    answer.texts.push_back(value.get_ref<const std::string&>());
    return {};
  }
  if (!value.is_array()) return "TXT record is neither a string nor a list of strings";
  std::string text;
  for (const Json& part : value) {
    if (!part.is_string()) return "part of a TXT record is not a string";
    text += part.get_ref<const std::string&>();
  }
  answer.texts.push_back(std::move(text));
  return {};
}

Problem read_address(const Json& value, bool v4, Answer& answer) {
  if (!value.is_string()) return "address is not a string";
  const auto address = parse_ip_address(value.get_ref<const std::string&>());
  if (!address || address->is_v4() != v4) return "not an address of this type";
  answer.addresses.push_back(*address);
  return {};
}

Problem read_exchange(const Json& value, Answer& answer) {
  constexpr unsigned max_preference = 65535;
  if (!value.is_array() || value.size() != 2 || !value[0].is_number_unsigned() ||
      value[0].get<std::uint64_t>() > max_preference || !value[1].is_string()) {
    return "MX record is not [preference, host]";
  }
  MxRecord record;
  record.preference = value[0].get<std::uint16_t>();
  const auto& host = value[1].get_ref<const std::string&>();
  if (!host.empty() && host != ".") {
    const auto exchange = name_of(value[1]);
    if (!exchange) return "MX host is not a domain name";
    record.exchange = *exchange;
  }
  answer.exchanges.push_back(std::move(record));
  return {};
}

Problem read_tlsa(const Json& value, Answer& answer) {
  const auto is_octet = [](const Json& number) {
    return number.is_number_unsigned() && number.get<std::uint64_t>() <= 255;
  };
  if (!value.is_array() || value.size() != 4 || !value[3].is_string() ||
      !std::all_of(value.begin(), value.begin() + 3, is_octet)) {
    return "TLSA record is not [usage, selector, matching type, data]";
  }
  const auto& data = value[3].get_ref<const std::string&>();
  const bool is_hex = std::all_of(data.begin(), data.end(),
                                  [](char digit) { return ascii::hex_value(digit) >= 0; });
  if (!is_hex || data.size() % 2 != 0 || data.size() / 2 > max_tlsa_data_size) {
    return "data of a TLSA record is not hexadecimal";
  }
  answer.tlsa.push_back({value[0].get<std::uint8_t>(), value[1].get<std::uint8_t>(),
                         value[2].get<std::uint8_t>(),
                         static_cast<std::uint16_t>(data.size() / 2)});
  return {};
}

Problem read_record(Type type, const Json& value, Answer& answer) {
  switch (type) {
    case Type::a: return read_address(value, true, answer);
    case Type::aaaa: return read_address(value, false, answer);
    case Type::mx: return read_exchange(value, answer);
    case Type::txt: return read_text(value, answer);
    case Type::tlsa: return read_tlsa(value, answer);
    case Type::ptr:
    case Type::ns: break;
  }
  auto name = name_of(value);
  if (!name) return "target of a PTR or NS record is not a domain name";
  answer.names.push_back(std::move(*name));
  return {};
}

Problem read_records(Type type, const Json& value, Zone::Node& node) {
  Answer answer;
  if (value.is_string()) {
    const auto failure = failure_of(value.get_ref<const std::string&>());
    if (!failure) return "records are not a list";
    answer.status = *failure;
  } else if (!value.is_array()) {
    return "records are not a list";
  } else {
    for (const Json& record : value) {
      if (const Problem problem = read_record(type, record, answer); !problem.empty()) {
        return problem;
      }
    }
    answer.status = value.empty() ? Status::no_data : Status::success;
  }
  node.answers.emplace(type, std::move(answer));
  return {};
}

Problem read_alias(const Json& value, Zone::Node& node) {
  const bool listed = value.is_array() && value.size() == 1;
  node.alias = name_of(listed ? value[0] : value);
  return node.alias ? Problem{} : Problem{"CNAME is not a domain name"};
}

Problem read_node(const Json& value, Zone::Node& node) {
  if (!value.is_object()) return "owner has no object of records";
  for (auto entry = value.begin(); entry != value.end(); ++entry) {
    Problem problem;
    if (const auto type = type_of(entry.key())) {
      problem = read_records(*type, entry.value(), node);
    } else if (entry.key() == "CNAME") {
      problem = read_alias(entry.value(), node);
    } else if (const auto failure = failure_of(entry.key())) {
      if (entry.value() != true) return "SERVFAIL and TIMEOUT are true or absent";
      node.failure = failure;
    } else {
      return "record type that is not known";
    }
    if (!problem.empty()) return problem;
  }
  return {};
}

// The document, or null when it is none. The callback drops what is nested too deep before it is
// built, so that nothing later meets a deep value; and it sees the owners that a later one with the
// same spelling would replace in silence.
Expected<Json, ZoneError> read_document(std::string_view text) {
  bool too_deep = false;
  std::set<std::string> owners;
  std::optional<std::string> twice;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > max_zone_nesting) too_deep = true;
    if (event == Json::parse_event_t::key && depth == 1) {
      const auto& owner = value.get_ref<const std::string&>();
      if (!owners.insert(owner).second) twice = owner;
    }
    return !too_deep;
  };
  Json document = Json::parse(text.begin(), text.end(), watch, false);
  if (too_deep) return Unexpected<ZoneError>({"", "JSON is nested too deep"});
  if (document.is_discarded()) return Unexpected<ZoneError>({"", "not JSON"});
  if (!document.is_object()) return Unexpected<ZoneError>({"", "zone is not an object"});
  if (twice) return Unexpected<ZoneError>({*twice, "owner is given twice"});
  return document;
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): try_emplace does take it
bool Zone::add(const std::string& owner, Node node) {
  if (!nodes_.try_emplace(owner, std::move(node)).second) return false;
  for (std::size_t dot = owner.find('.'); dot != owner.npos; dot = owner.find('.', dot + 1)) {
    ancestors_.insert(owner.substr(dot + 1));
  }
  return true;
}

const Zone::Node* Zone::find(std::string_view name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &found->second;
}

Answer Zone::lookup(const Question& question) const {
  const auto ended = [](Status status) {
    Answer answer;
    answer.status = status;
    return answer;
  };
  const auto asked = parse_name(question.name);
  if (!asked) return ended(Status::nxdomain);
  std::string_view name = *asked;
  for (unsigned aliases = 0; aliases <= max_cname_chain; ++aliases) {
    const Node* node = find(name);
    if (node == nullptr) {
      return ended(ancestors_.count(name) > 0 ? Status::no_data : Status::nxdomain);
    }
    const auto answer = node->answers.find(question.type);
    if (answer != node->answers.end()) return answer->second;
    if (node->failure) return ended(*node->failure);
    if (!node->alias) return ended(Status::no_data);
    name = *node->alias;
  }
  return ended(Status::servfail);
}

Expected<Zone, ZoneError> parse_zone(std::string_view json) {
  const auto document = read_document(json);
  if (!document) return Unexpected<ZoneError>(document.error());
  Zone zone;
  for (auto entry = document->begin(); entry != document->end(); ++entry) {
    const auto owner = parse_name(entry.key());
    if (!owner) return Unexpected<ZoneError>({entry.key(), owner.error().problem});
    Zone::Node node;
    if (const Problem problem = read_node(entry.value(), node); !problem.empty()) {
      return Unexpected<ZoneError>({entry.key(), problem});
    }
    if (!zone.add(*owner, std::move(node))) {
      return Unexpected<ZoneError>({entry.key(), "owner is given twice"});
    }
  }
  return zone;
}

}  // namespace postern::dns
