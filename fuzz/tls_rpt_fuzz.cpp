// TLS-RPT records: what is read is bounded, of the two schemes, and reads back.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/base/ascii.hpp"
#include "lib/records/tls_rpt.hpp"

namespace {

using namespace postern;
using fuzz::require;

void check(const std::string& text) {
  const auto uris = records::parse_tls_rpt(text);
  if (!uris) {
    require(!uris.error().problem.empty() && uris.error().offset <= text.size());
    return;
  }
  require(records::is_tls_rpt(text));
  require(!uris->empty() && uris->size() <= records::max_tls_rpt_uris);
  for (const std::string& uri : *uris) {
    require(uri.find_first_of(",;") == uri.npos);
    require(ascii::starts_with_ignoring_case(uri, "mailto:") ||
            ascii::starts_with_ignoring_case(uri, "https:"));
  }
  const auto again = records::parse_tls_rpt(records::format_tls_rpt(*uris));
  require(again && *again == *uris);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  check(std::string(input));
  constexpr std::string_view words[] = {
      ";",     "; ",  "rua=", "mailto:",  "https:", "HTTPS:", "//a.b/c",
      "a@b.c", ",",   " , ",  "!10m",     "=",      "x",      "\t",
      " ",     "rua", "v=",   "TLSRPTv1", "\r\n",   "mailto", "\x80"};
  check("v=TLSRPTv1" + fuzz::in_words(input, words));
  check("v=TLSRPTv1; rua=mailto:a@b.example" + fuzz::in_words(input, words));
  return 0;
}
