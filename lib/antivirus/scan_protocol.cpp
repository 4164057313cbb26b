#include "lib/antivirus/scan_protocol.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/named_values.hpp"

namespace postern::antivirus {
namespace {

constexpr std::size_t digest_size = 64;
constexpr std::size_t max_generation_size = 64;
constexpr std::int64_t max_object_size = std::int64_t{1} << 40;
constexpr std::string_view message_word = "message";
constexpr std::string_view attachment_word = "attachment";
constexpr std::string_view no_digest = "-";
constexpr std::string_view known_word = "skip";
constexpr std::string_view clean_word = "clean";

constexpr std::array<ValueName, 1> request_names = {{{"objects", "has no objects"}}};
constexpr RecordForm request_form{"scan1", "does not start with scan1", request_names,
                                  max_packet_size};
constexpr std::array<ValueName, 2> answer_names = {
    {{"generation"}, {"outcomes", "has no outcomes"}}};
constexpr RecordForm answer_form{"scanned1", "does not start with scanned1", answer_names,
                                 max_packet_size};
constexpr std::string_view status_word = "status1";
constexpr std::string_view reload_word = "reload1";

// Cuts the text before the first separator off the front of `rest`.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t at = std::min(rest.find(separator), rest.size());
  const std::string_view piece = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return piece;
}

bool is_digest(std::string_view text) {
  return text.size() == digest_size && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool read_object(std::string_view text, Object& object) {
  const std::string_view kind = take_until(text, ':');
  if (kind != message_word && kind != attachment_word) return false;
  object.kind = kind == message_word ? ObjectKind::message : ObjectKind::attachment;
  std::int64_t size = 0;
  if (!read_number(take_until(text, ':'), max_object_size, size)) return false;
  object.size = static_cast<std::uint64_t>(size);
  const std::string_view digest = take_until(text, ':');
  if (digest != no_digest && !is_digest(digest)) return false;
  if (digest != no_digest) object.digest = digest;
  if (text == known_word) object.known = Known::outcome;
  if (text == clean_word) object.known = Known::clean;
  return object.known != Known::nothing || text.empty();
}

std::string_view read_objects(std::string_view value, std::vector<Object>& objects) {
  while (!value.empty()) {
    if (objects.size() == max_objects) return "has too many objects";
    Object object;
    if (!read_object(take_until(value, ','), object)) return "object is no KIND:SIZE:DIGEST";
    objects.push_back(std::move(object));
  }
  return objects.empty() ? "has no objects" : std::string_view();
}

bool read_outcome(std::string_view text, Outcome& outcome) {
  const bool is_named = text.find(':') != text.npos;
  const auto result = parse_result(take_until(text, ':'));
  if (!result) return false;
  outcome.result = *result;
  std::string name;
  if (is_named && !unescape_value(text, max_name_size, name)) return false;
  outcome.name = printable_name(name);
  return true;
}

std::string_view read_outcomes(std::string_view value, std::vector<Outcome>& outcomes) {
  while (!value.empty()) {
    if (outcomes.size() == max_objects) return "has too many outcomes";
    Outcome outcome;
    if (!read_outcome(take_until(value, ','), outcome)) return "outcome is no RESULT:NAME";
    outcomes.push_back(std::move(outcome));
  }
  return outcomes.empty() ? "has no outcomes" : std::string_view();
}

// A name must not hold what parts the list.
std::string escape_name(std::string_view name) {
  std::string safe;
  for (const char c : escape_value(printable_name(name))) {
    safe += c == ',' ? std::string("%2c") : std::string(1, c);
  }
  return safe;
}

}  // namespace

std::string format(const ScanRequest& request) {
  std::string text = "scan1 objects=";
  for (const Object& object : request.objects) {
    if (!text.ends_with('=')) text += ',';
    text += object.kind == ObjectKind::message ? message_word : attachment_word;
    text += ':' + std::to_string(object.size) + ':';
    text += object.digest.empty() ? no_digest : object.digest;
    if (object.known == Known::outcome) text.append(":").append(known_word);
    if (object.known == Known::clean) text.append(":").append(clean_word);
  }
  return text;
}

Parsed<ScanRequest> parse_scan_request(std::string_view text) {
  ScanRequest request;
  return read_named_values(text, request_form,
                           [&](std::size_t, std::string_view value) {
                             return read_objects(value, request.objects);
                           })
      .map([&] { return std::move(request); });
}

std::string format(const ScanAnswer& answer) {
  std::string text = "scanned1";
  if (!answer.generation.empty()) text += " generation=" + escape_value(answer.generation);
  text += " outcomes=";
  for (const Outcome& outcome : answer.outcomes) {
    if (!text.ends_with('=')) text += ',';
    text += to_word(outcome.result);
    if (!outcome.name.empty()) text += ':' + escape_name(outcome.name);
  }
  return text;
}

Parsed<ScanAnswer> parse_scan_answer(std::string_view text) {
  ScanAnswer answer;
  const auto read = [&](std::size_t place, std::string_view value) -> std::string_view {
    if (place == 1) return read_outcomes(value, answer.outcomes);
    return unescape_value(value, max_generation_size, answer.generation)
               ? std::string_view()
               : "generation cannot be read";
  };
  return read_named_values(text, answer_form, read).map([&] { return std::move(answer); });
}

std::string format(ControlRequest request) {
  return std::string(request == ControlRequest::status ? status_word : reload_word);
}

Parsed<ControlRequest> parse_control_request(std::string_view text) {
  if (text == status_word) return ControlRequest::status;
  if (text == reload_word) return ControlRequest::reload;
  return parse_error(0, "is neither status1 nor reload1");
}

}  // namespace postern::antivirus
