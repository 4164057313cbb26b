#include "lib/setup/ledger.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "lib/base/base64.hpp"

namespace postern::setup {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const std::optional<std::string>& text) {
  return text ? Json(encode_base64(*text)) : Json(nullptr);
}

std::optional<std::string> content(const Json& value) {
  if (value.is_null()) return std::nullopt;
  auto text = decode_base64(value.get<std::string>());
  if (!text) throw std::runtime_error("a content is not base64");
  return *text;
}

Json to_json(const ParameterChange& change) {
  Json json = {{"service", change.service}, {"name", change.name}};
  json["before"] = to_json(change.before);
  json["after"] = to_json(change.after);
  json["ours"] = to_json(change.ours);
  json["is_last"] = change.is_last;
  json["previous"] = to_json(change.previous);
  return json;
}

// A ledger of an earlier version has no such member.
std::optional<std::string> content_or(const Json& json, const char* name,
                                      const std::optional<std::string>& otherwise) {
  const auto found = json.find(name);
  return found == json.end() ? otherwise : content(*found);
}

ParameterChange to_parameter(const Json& json) {
  return {json.at("service").get<std::string>(),
          json.at("name").get<std::string>(),
          content(json.at("before")),
          content(json.at("after")).value(),
          content(json.at("ours")).value(),
          json.at("is_last").get<bool>(),
          content_or(json, "previous", std::nullopt)};
}

Json to_json(const FileRecord& file) {
  Json json = {{"path", file.path},
               {"before", to_json(file.before)},
               {"after", to_json(file.after)},
               {"is_edited", file.is_edited}};
  if (file.previous != file.before) json["previous"] = to_json(file.previous);
  return json;
}

FileRecord to_file(const Json& json) {
  auto before = content(json.at("before"));
  auto previous = content_or(json, "previous", before);
  return {json.at("path").get<std::string>(), std::move(before), content(json.at("after")).value(),
          json.at("is_edited").get<bool>(), std::move(previous)};
}

Ledger read(const Json& json) {
  Ledger ledger;
  ledger.version = json.at("version").get<std::string>();
  ledger.postfix_directory = json.at("postfix_directory").get<std::string>();
  ledger.dovecot_file = json.at("dovecot_file").get<std::string>();
  for (const Json& file : json.at("files")) ledger.files.push_back(to_file(file));
  ledger.directories = json.at("directories").get<std::vector<std::string>>();
  for (const Json& parameter : json.at("parameters")) {
    ledger.parameters.push_back(to_parameter(parameter));
  }
  return ledger;
}

}  // namespace

bool FileRecord::is_known(const std::optional<std::string>& now) const {
  return now == before || now == previous || now == after;
}

bool FileRecord::can_go_back(const std::optional<std::string>& now) const {
  if (!now || now == before) return true;
  // What we wrote over an edited file has the edits in it; a file that we made is ours as a whole.
  const bool holds_edits = is_edited && before;
  return !holds_edits && is_known(now);
}

const FileRecord* Ledger::find(std::string_view path) const {
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const FileRecord& file) { return file.path == path; });
  return found == files.end() ? nullptr : &*found;
}

void Ledger::note(const std::string& path, const std::optional<std::string>& now,
                  std::string after) {
  for (FileRecord& file : files) {
    if (file.path != path) continue;
    file.is_edited = file.is_edited || !file.is_known(now);
    file.after = std::move(after);
    file.previous = now;
    return;
  }
  files.push_back({path, now, std::move(after), false, now});
}

void Ledger::note(const ParameterChange& change) {
  for (ParameterChange& each : parameters) {
    if (each.service != change.service || each.name != change.name) continue;
    each.after = change.after;
    each.ours = change.ours;
    each.is_last = change.is_last;
    each.previous = change.before;
    return;
  }
  parameters.push_back(change);
}

void Ledger::forget(std::string_view path) {
  files.erase(std::remove_if(files.begin(), files.end(),
                             [&](const FileRecord& file) { return file.path == path; }),
              files.end());
}

std::string format(const Ledger& ledger) {
  Json json = {{"format", ledger_format},
               {"version", ledger.version},
               {"postfix_directory", ledger.postfix_directory},
               {"dovecot_file", ledger.dovecot_file}};
  json["files"] = Json::array();
  for (const FileRecord& file : ledger.files) {
    json["files"].push_back(to_json(file));
  }
  json["directories"] = ledger.directories;
  json["parameters"] = Json::array();
  for (const ParameterChange& change : ledger.parameters) {
    json["parameters"].push_back(to_json(change));
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Expected<Ledger, std::string> parse_ledger(std::string_view text) {
  const auto failure = [](const std::string& problem) { return Unexpected<std::string>(problem); };
  if (text.size() > max_ledger_size) return failure("is too large");
  try {
    const Json json = Json::parse(text);
    const int format = json.at("format").get<int>();
    if (format > ledger_format) {
      return failure("was written by a newer Postern (" + json.value("version", "?") + ", format " +
                     std::to_string(format) + "; this one knows " + std::to_string(ledger_format) +
                     "): install that version again");
    }
    return read(json);
  } catch (const std::exception& error) {
    return failure(std::string("is damaged: ") + error.what());
  }
}

}  // namespace postern::setup
