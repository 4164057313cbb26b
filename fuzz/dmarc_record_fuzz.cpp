// DMARC records: reading is stable, bounded, and undone by format; nothing else begins a record.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/base/ascii.hpp"
#include "lib/dmarc/record.hpp"
#include "lib/dmarc/report_uri.hpp"

namespace {

using namespace postern;
using fuzz::require;

void check_uris(const std::vector<std::string>& uris) {
  require(uris.size() <= dmarc::max_report_uris);
  for (const std::string& uri : uris) {
    require(fuzz::is_printable(uri));
    require(uri.find_first_of(" ,;<>\"\\") == uri.npos);
  }
}

void check_record(const std::string& text) {
  const auto record = dmarc::parse_record(text);
  if (!record) {
    require(record.error().offset <= text.size() && !record.error().problem.empty());
    return;
  }
  require(ascii::to_lower(text.front()) == 'v' && text.find("DMARC1") != text.npos);
  check_uris(record->rua);
  check_uris(record->ruf);
  require(!record->has_invalid_policy || !dmarc::applicable(*record) ||
          dmarc::applicable(*record)->p == dmarc::Policy::none);

  // A tag that nobody knows changes nothing, nor does a tag that was there already.
  if (text.size() < 1000) {
    const auto longer = dmarc::parse_record(text + ";unknown=x");
    require(longer && *longer == *record);
    const std::string twice = text + ";" + text.substr(text.find("DMARC1") + 6);
    const auto again = dmarc::parse_record(twice);
    require(again && again->p == record->p && again->rua == record->rua);
  }
  dmarc::PolicyRecord plain = *record;
  plain.has_invalid_policy = false;
  plain.has_more_uris = false;
  const auto back = dmarc::parse_record(dmarc::format(plain));
  // A URI that ends in what looks like the obsolete size loses it again.
  const auto has_mark = [](const std::string& uri) { return uri.find('!') != uri.npos; };
  if (std::any_of(plain.rua.begin(), plain.rua.end(), has_mark)) return;
  if (std::any_of(plain.ruf.begin(), plain.ruf.end(), has_mark)) return;
  require(back && *back == plain);
}

// Bytes to words of the grammar, so that most inputs are nearly records.
std::string in_words(std::string_view bytes) {
  constexpr std::string_view words[] = {
      ";",      "; ",     "=",      " ",       "p",     "sp",   "np",    "adkim",
      "aspf",   "psd",    "t",      "fo",      "rua",   "ruf",  "none",  "quarantine",
      "reject", "Reject", "r",      "s",       "y",     "n",    "u",     "0",
      "1",      ":",      "d",      "mailto:", "a@b.c", "!10m", ",",     "https://x",
      "pct",    "p=",     ";p=",    ";sp=",    ";np=",  ";t=",  ";rua=", "\t",
      "\x80",   "v",      "DMARC1", ";fo=",    ";psd=", "%2C",  "!",     "@"};
  return "v=DMARC1" + fuzz::in_words(bytes, words);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(fuzz::text_of(data, size));
  check_record(input);
  check_record(in_words(input));
  const auto uri = dmarc::parse_report_uri(input);
  require(!uri || (!uri->empty() && fuzz::is_printable(*uri)));
  return 0;
}
