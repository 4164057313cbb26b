// The feed of reputation: events read back; whatever is written is one line with bounded keys.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/reputation/feed.hpp"

namespace {

using namespace postern;
using fuzz::require;

void check_line(const std::string& line) {
  const auto event = reputation::parse_event(line);
  if (!event) {
    require(!event.error().problem.empty() && event.error().offset <= line.size());
    return;
  }
  require(event->weight > 0 && event->weight <= reputation::max_event_weight);
  const std::string formatted = reputation::format(*event);
  require(fuzz::is_printable(formatted) && formatted.size() <= reputation::max_event_size);
  auto again = reputation::parse_event(formatted);
  require(again && std::abs(again->weight - event->weight) < 0.001);
  again->weight = event->weight;
  require(*again == *event);
  for (const store::Operation& operation : reputation::record(*event)) {
    const auto& accumulate = std::get<store::Accumulate>(operation);
    require(accumulate.key.size() <= store::max_key_size && fuzz::is_printable(accumulate.key));
    require(reputation::subject_of_key(accumulate.key).has_value());
    require(std::isfinite(accumulate.deltas.at(0) + accumulate.deltas.at(1)));
  }
  const auto once = reputation::once(*event);
  if (once) require(std::get<store::PutIfAbsent>(*once).key.size() <= store::max_key_size);
}

void check_strings(const std::string& text) {
  const reputation::Event event{reputation::EventKind::spam, {}, text, text, 1, text};
  require(fuzz::is_printable(reputation::format(event)));
  require(reputation::parse_event(reputation::format(event)).has_value());
  for (const reputation::Subject& subject : reputation::subjects_of({}, text, text)) {
    require(reputation::subject_of_key(reputation::key_of(subject)) == subject);
    require(reputation::key_of(subject).size() <= store::max_key_size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(fuzz::text_of(data, size));
  constexpr std::string_view words[] = {
      " ",     "kind=", "spam",        "user-ham", "virus", "ip=",  "192.0.2.1", "2001:db8::1",
      "helo=", "a",     ".",           "domain=",  "b.c",   "id=",  "weight=",   "1",
      "0",     "100",   "999",         "=",        "x=",    "\r\n", "rep1",      " kind=ham",
      "@",     "|",     " weight=0.5", " id=q",    "-",     "_"};
  check_line(input);
  check_line("rep1 kind=ham ip=192.0.2.1 " + fuzz::in_words(input, words));
  check_line("rep1 " + fuzz::in_words(input, words));
  check_strings(input);
  check_strings(fuzz::in_letters(input, "ab.-_19"));
  return 0;
}
