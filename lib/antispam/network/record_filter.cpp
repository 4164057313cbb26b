#include "lib/antispam/network/record_filter.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "lib/antispam/rules/regex_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t max_decimal_digits = 10;
constexpr std::size_t max_hex_digits = 8;

bool are_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), ascii::is_digit);
}

std::optional<std::uint64_t> number_of(std::string_view text, int base) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::uint32_t number_of(const IpAddress& address) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | address.bytes()[i];
  return number;
}

/// "2", "0x10", "127.0.0.2".
std::optional<std::uint64_t> any_number(std::string_view text) {
  if (text.size() <= max_decimal_digits && are_digits(text)) return number_of(text, 10);
  if (text.starts_with("0x") && text.size() > 2 && text.size() <= 2 + max_hex_digits) {
    return number_of(text.substr(2), 16);
  }
  const auto address = parse_ip_address(text);
  if (!address || !address->is_v4()) return std::nullopt;
  return number_of(*address);
}

/// Codes of answers by name (RFC 6895 §2.3).
std::optional<unsigned> code_of(std::string_view word) {
  constexpr auto names = std::to_array<std::pair<std::string_view, unsigned>>({{"NOERROR", 0},
                                                                               {"FORMERR", 1},
                                                                               {"SERVFAIL", 2},
                                                                               {"NXDOMAIN", 3},
                                                                               {"NOTIMP", 4},
                                                                               {"REFUSED", 5},
                                                                               {"YXDOMAIN", 6},
                                                                               {"YXRRSET", 7},
                                                                               {"NXRRSET", 8},
                                                                               {"NOTAUTH", 9},
                                                                               {"NOTZONE", 10},
                                                                               {"BADVERS", 16},
                                                                               {"BADSIG", 16},
                                                                               {"BADKEY", 17},
                                                                               {"BADTIME", 18},
                                                                               {"BADMODE", 19},
                                                                               {"BADNAME", 20},
                                                                               {"BADALG", 21},
                                                                               {"BADTRUNC", 22}});
  for (const auto& [name, code] : names) {
    if (ascii::equals_ignoring_case(name, word)) return code;
  }
  const auto number = are_digits(word) ? number_of(word, 10) : std::nullopt;
  return number ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

/// "NXDOMAIN, 2". \return Empty if a word is no code.
std::vector<unsigned> codes_of(std::string_view list) {
  std::vector<unsigned> codes;
  while (true) {
    const std::size_t comma = list.find(',');
    const auto code = code_of(ascii::trim(list.substr(0, comma)));
    if (!code) return {};
    codes.push_back(*code);
    if (comma == npos) return codes;
    list.remove_prefix(comma + 1);
  }
}

bool is_quoted(std::string_view text) {
  return text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
         text.back() == text.front();
}

}  // namespace

std::vector<RecordText> record_texts(const dns::Answer& answer) {
  std::vector<RecordText> records;
  for (const IpAddress& address : answer.addresses) {
    records.push_back(
        {address.text(), address.is_v4() ? std::optional(number_of(address)) : std::nullopt});
  }
  for (const std::string& text : answer.texts) records.push_back({text, std::nullopt});
  for (const std::string& name : answer.names) records.push_back({name + ".", std::nullopt});
  for (const dns::MxRecord& mx : answer.exchanges) {
    records.push_back({std::to_string(mx.preference) + " " + mx.exchange + ".", std::nullopt});
  }
  return records;
}

std::optional<RecordFilter> RecordFilter::of_rbl(std::string_view subtest,
                                                 const RegexSource& regexes) {
  RecordFilter filter;
  if (subtest.empty()) return filter;
  if (are_digits(subtest) && filter.read_numbers(subtest)) return filter;
  const bool is_quad = std::count(subtest.begin(), subtest.end(), '.') == 3 &&
                       std::all_of(subtest.begin(), subtest.end(),
                                   [](char c) { return c == '.' || ascii::is_digit(c); });
  filter.kind_ = is_quad ? Kind::text : Kind::pattern;
  filter.text_ = is_quad ? subtest : std::string_view();
  if (is_quad) return filter;
  filter.regex_ = regexes.regex(with_perl_quantifiers(subtest));
  return filter.regex_ == nullptr ? std::nullopt : std::optional(filter);
}

RecordFilter RecordFilter::of_uri_list(std::string_view subtest) {
  RecordFilter filter;
  if (subtest.empty()) return filter;
  filter.kind_ = Kind::text;
  filter.text_ = subtest;
  (void)filter.read_numbers(subtest);
  return filter;
}

std::optional<RecordFilter> RecordFilter::of_askdns(std::string_view written,
                                                    const RegexSource& regexes) {
  RecordFilter filter;
  if (written.empty()) return filter;
  if (is_quoted(written)) {
    filter = of_uri_list(written.substr(1, written.size() - 2));
    if (filter.is_any()) filter.kind_ = Kind::text;  // an empty text
    return filter;
  }
  if (written.front() == '[') {
    filter.codes_ = codes_of(written.substr(1, written.size() - 2));
    filter.kind_ = Kind::codes;
    return filter.codes_.empty() ? std::nullopt : std::optional(filter);
  }
  if (written.front() == '/' || written.front() == 'm') {
    const auto read = read_regex(written);
    filter.kind_ = Kind::pattern;
    filter.regex_ = read ? regexes.regex(read->pattern) : nullptr;
    return filter.regex_ == nullptr ? std::nullopt : std::optional(filter);
  }
  return filter.read_numbers(written) ? std::optional(filter) : std::nullopt;
}

std::optional<RecordFilter> RecordFilter::of_hash_list(std::string_view subtest,
                                                       const RegexSource& regexes) {
  RecordFilter filter;
  filter.kind_ = Kind::loopback;
  if (subtest.empty() || subtest == "0") return filter;
  filter.kind_ = Kind::pattern;
  filter.regex_ = regexes.regex(with_perl_quantifiers(subtest));
  return filter.regex_ == nullptr ? std::nullopt : std::optional(filter);
}

// "N": bits of which one must be set; "N-M": from N to M; "N/M": N in the bits of M. A single IPv4
// address is just that address.
bool RecordFilter::read_numbers(std::string_view text) {
  const std::size_t sign = text.find_first_of("/-");
  const auto first = any_number(text.substr(0, sign));
  const auto second = sign == npos ? first : any_number(text.substr(sign + 1));
  if (!first || !second) return false;
  first_ = *first;
  second_ = *second;
  if (sign != npos) {
    kind_ = text[sign] == '-' ? Kind::range : Kind::masked_value;
  } else {
    kind_ = text.find('.') == npos ? Kind::mask : Kind::range;
  }
  return true;
}

bool RecordFilter::accepts_number(std::uint32_t number) const {
  switch (kind_) {
    case Kind::mask: return (number & first_) != 0 && number >> 24 == 127;
    case Kind::range: return number >= first_ && number <= second_;
    case Kind::masked_value: return (number & second_) == (first_ & second_);
    default: return false;
  }
}

bool RecordFilter::accepts(const RecordText& record) const {
  switch (kind_) {
    case Kind::any: return true;
    case Kind::loopback: return record.is_loopback();
    case Kind::pattern: return static_cast<bool>(regex_->find(record.text));
    case Kind::codes: return false;
    case Kind::text: return record.text == text_;
    default: break;
  }
  return (!text_.empty() && record.text == text_) ||
         (record.number && accepts_number(*record.number));
}

bool RecordFilter::accepts_code(unsigned code) const {
  return std::find(codes_.begin(), codes_.end(), code) != codes_.end();
}

}  // namespace postern::antispam
