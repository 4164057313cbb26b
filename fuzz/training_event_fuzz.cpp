// Events of training: read back as written, one printable line, and keys and file names within
// bounds.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/store/known.hpp"
#include "lib/training/client.hpp"
#include "lib/training/dump.hpp"
#include "lib/training/event.hpp"
#include "lib/training/ledger.hpp"
#include "lib/training/line_ends.hpp"

namespace {

using namespace postern;
using fuzz::require;

void check_keys(const training::Event& event) {
  const store::Known nothing;
  store::Wants wants(nothing);
  require(!training::evaluate(event, wants));
  require(wants.missing().size() == 2);
  for (const store::Operation& operation : wants.missing()) {
    const std::string& key = std::get<store::Get>(operation).key;
    require(key.size() < store::max_key_size && fuzz::is_printable(key));
  }
}

void check_line(const std::string& line) {
  const auto event = training::parse_event(line);
  if (!event) {
    require(!event.error().problem.empty() && event.error().offset <= line.size());
    return;
  }
  require(training::is_id(event->id));
  require(event->id.find_first_of("./ \n") == std::string::npos);
  require(!event->user.empty() && event->user.size() <= training::max_user_size);
  const std::string formatted = training::format(*event);
  require(fuzz::is_printable(formatted) && formatted.size() <= training::max_event_size);
  require(training::parse_event(formatted) == *event);
  const training::Receipt receipt{training::Outcome::relearned, *event};
  const auto again = training::parse_receipt(training::format(receipt));
  require(again && again->event == *event && again->outcome == receipt.outcome);
  check_keys(*event);
}

void check_dump(const std::string& line) {
  const auto parsed = training::parse_dump_line(line);
  if (parsed) require(training::parse_dump_line(training::format(*parsed)) == *parsed);
}

void check_line_ends(std::string_view text) {
  const std::string once = training::with_line_ends(text);
  require(training::with_line_ends(once) == once);
  for (std::size_t at = once.find('\n'); at != once.npos; at = once.find('\n', at + 1)) {
    require(at > 0 && once[at - 1] == '\r' && (at < 2 || once[at - 2] != '\r'));
  }
  training::LineEnds pieces;
  std::string out;
  pieces.add(text.substr(0, text.size() / 2), out);
  pieces.add(text.substr(text.size() / 2), out);
  pieces.end(out);
  require(out == once);
}

// Whatever a message says, what goes to the feed can be read there.
void check_client(const std::string& message) {
  training::Event event;
  event.source = training::Source::move;
  event.hash = std::string(64, '0');
  const auto found = training::client_event(event, message, {"mx.a", {"mx.a"}, {}});
  if (found) require(reputation::parse_event(reputation::format(*found)).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(fuzz::text_of(data, size));
  constexpr std::string_view words[] = {
      " ",     "id=",     "a-1",  "kind=",   "spam",  "ham", "user=",  "alice", "%41",  "%",
      "hash=", "source=", "move", "keyword", "from=", "to=", "junk",   "trash", "none", "time=",
      "1732",  "-",       "cut=", "yes",     "x=",    "\n",  "train1", "=",     "@",    "\xC3"};
  constexpr std::string_view fields[] = {"Received: from a (b [1.2.3.4])",
                                         " by mx.a",
                                         " with ESMTP",
                                         " with LMTP",
                                         "\r\n",
                                         "\n\t",
                                         "X-Postern-Verdict: action=accept\r\n",
                                         "Authentication-Results: mx.a; ",
                                         "dmarc=pass header.from=b.c",
                                         "spf=pass smtp.mailfrom=d@e.f",
                                         ";",
                                         "\"",
                                         "(",
                                         ")",
                                         " ",
                                         "[::1]"};
  check_line(input);
  check_line("train1 id=a kind=spam user=b time=1 " + fuzz::in_words(input, words));
  check_line("train1 " + fuzz::in_words(input, words));
  check_dump(input);
  check_dump("message 5 train1 id=a user=b kind=ham hash=" + std::string(64, 'a') + " time=1 " +
             fuzz::in_words(input, words));
  check_line_ends(input);
  check_line_ends(fuzz::in_letters(input, "\r\na"));
  check_client(input);
  check_client(fuzz::in_words(input, fields));
  return 0;
}
