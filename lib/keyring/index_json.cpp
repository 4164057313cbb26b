// The index as JSON.
#include <algorithm>
#include <array>
#include <optional>

#include <nlohmann/json.hpp>

#include "lib/base/ascii.hpp"
#include "lib/dkim/key.hpp"
#include "lib/keyring/index.hpp"

namespace postern::keyring {
namespace {

using Json = nlohmann::json;

constexpr int max_nesting = 4;  // {"keys": [{...}]} is three levels
constexpr std::array<std::string_view, 9> members = {
    "domain", "selector", "type", "state", "created", "seen", "activated", "retired", "record"};

// What is wrong with one key or the whole; empty when nothing is.
using Problem = std::string;

Unexpected<std::string> refuse(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}

// The text without what stands nested deeper than an index needs: the callback drops it before it
// is built.
Expected<Json, std::string> read_document(std::string_view text) {
  bool too_deep = false;
  const auto watch = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > max_nesting) too_deep = true;
    return !too_deep;
  };
  try {
    Json document = Json::parse(text.begin(), text.end(), watch);
    if (too_deep) return refuse("is nested deeper than an index of keys");
    if (!document.is_object()) return refuse("is no JSON object");
    return document;
  } catch (const Json::parse_error& error) {
    if (too_deep) return refuse("is nested deeper than an index of keys");
    const std::size_t size = std::min(error.byte, text.size());
    const auto lines =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size), '\n');
    return refuse("line " + std::to_string(lines + 1) + ": is no JSON");
  }
}

std::optional<std::string> text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

// Leaves `time` as it is when the member is absent. False for a value that is no time.
bool read_time(const Json& object, const char* name, std::optional<std::int64_t>& time) {
  const auto found = object.find(name);
  if (found == object.end()) return true;
  if (!found->is_number_unsigned()) return false;
  const auto value = found->get<std::uint64_t>();
  if (value > static_cast<std::uint64_t>(max_time)) return false;
  time = static_cast<std::int64_t>(value);
  return true;
}

Problem read_times(const Json& object, Key& key) {
  std::optional<std::int64_t> created;
  if (!read_time(object, "created", created) || !created) return "created is no time";
  key.created = *created;
  if (!read_time(object, "seen", key.seen)) return "seen is no time";
  if (!read_time(object, "activated", key.activated)) return "activated is no time";
  if (!read_time(object, "retired", key.retired)) return "retired is no time";
  if (key.state != State::pending && key.seen) return "is not pending, but seen is set";
  const bool stopped = key.state == State::retired || key.state == State::revoked;
  if (key.state == State::active && !key.activated) return "is active, but activated is not set";
  if (key.state == State::pending && key.activated) return "is pending, but activated is set";
  if (stopped && !key.retired) return "signs no more, but retired is not set";
  if (!stopped && key.retired) return "is in use, but retired is set";
  return {};
}

Problem read_record(const Json& object, Key& key) {
  auto record = text_of(object, "record");
  if (!record || record->size() > max_record_size ||
      !std::all_of(record->begin(), record->end(), ascii::is_printable)) {
    return "record is no key record";
  }
  const auto parsed = dkim::parse_key_record(*record);
  if (!parsed || parsed->revoked) return "record is no key record";
  if (parsed->key.type != key.type) return "record is of another type than the key";
  key.record = std::move(*record);
  return {};
}

Problem read_key(const Json& object, Key& key) {
  if (!object.is_object()) return "is no JSON object";
  for (auto member = object.begin(); member != object.end(); ++member) {
    if (std::find(members.begin(), members.end(), member.key()) == members.end()) {
      return "has a member that this version does not know";
    }
  }
  key.domain = text_of(object, "domain").value_or("");
  key.selector = text_of(object, "selector").value_or("");
  const auto type = parse_type(text_of(object, "type").value_or(""));
  if (!type) return "type is neither rsa nor ed25519";
  key.type = *type;
  const auto state = parse_state(text_of(object, "state").value_or(""));
  if (!state) return "state is none of pending, active, retired, revoked";
  key.state = *state;
  if (Problem problem = read_times(object, key); !problem.empty()) return problem;
  return read_record(object, key);
}

nlohmann::ordered_json to_json(const Key& key) {
  nlohmann::ordered_json object = {{"domain", key.domain},
                                   {"selector", key.selector},
                                   {"type", to_word(key.type)},
                                   {"state", to_word(key.state)},
                                   {"created", key.created}};
  if (key.seen) object["seen"] = *key.seen;
  if (key.activated) object["activated"] = *key.activated;
  if (key.retired) object["retired"] = *key.retired;
  object["record"] = key.record;
  return object;
}

// The selectors of forgotten keys. What is wrong, or nothing.
Problem read_used(const Json& document, Index& index) {
  const auto list = document.find("used");
  if (list == document.end()) return {};
  if (!list->is_array()) return "used is no list of selectors";
  for (const Json& object : *list) {
    std::optional<std::int64_t> until;
    UsedSelector entry;
    if (!object.is_object() || object.size() != 3 || !read_time(object, "until", until) || !until) {
      return "used holds something that is no selector";
    }
    entry.domain = text_of(object, "domain").value_or("");
    entry.selector = text_of(object, "selector").value_or("");
    entry.until = *until;
    if (!index.append_used(std::move(entry))) return "used holds something that is no selector";
  }
  return {};
}

nlohmann::ordered_json to_json(const UsedSelector& entry) {
  return {{"domain", entry.domain}, {"selector", entry.selector}, {"until", entry.until}};
}

}  // namespace

Expected<Index, std::string> parse_index(std::string_view text) {
  if (text.size() > max_index_size) return refuse("is larger than an index of keys may be");
  const auto document = read_document(text);
  if (!document) return refuse(document.error());
  const auto version = document->find("version");
  if (version == document->end() || *version != index_version) {
    return refuse("has another version than " + std::to_string(index_version) +
                  ", which is the one this program knows");
  }
  const auto list = document->find("keys");
  if (list == document->end() || !list->is_array()) return refuse("has no list of keys");
  if (document->size() != (document->contains("used") ? 3U : 2U)) {
    return refuse("has a member that this version does not know");
  }
  if (list->size() > max_keys) return refuse("has more than " + std::to_string(max_keys) + " keys");
  Index index;
  std::size_t number = 0;
  for (const Json& object : *list) {
    ++number;
    Key key;
    Problem problem = read_key(object, key);
    if (problem.empty()) {
      const auto added = index.add(std::move(key));
      if (!added) problem = added.error();
    }
    if (!problem.empty()) return refuse("key " + std::to_string(number) + ": " + problem);
  }
  if (const Problem problem = read_used(*document, index); !problem.empty()) return refuse(problem);
  return index;
}

std::string format_index(const Index& index) {
  nlohmann::ordered_json keys = nlohmann::ordered_json::array();
  for (const Key& key : index.keys()) keys.push_back(to_json(key));
  nlohmann::ordered_json document = {{"version", index_version}, {"keys", std::move(keys)}};
  nlohmann::ordered_json used = nlohmann::ordered_json::array();
  for (const UsedSelector& entry : index.used()) used.push_back(to_json(entry));
  if (!used.empty()) document["used"] = std::move(used);
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace postern::keyring
