#include "lib/antispam/network/hit_texts.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lib/antispam/evals/hit_details.hpp"
#include "lib/antispam/text/ip_text.hpp"
#include "lib/base/ascii.hpp"
#include "lib/base/ip_address.hpp"

namespace postern::antispam {
namespace {

/// Groups without leading zeros, none left out.
std::string shown_address(std::string_view text) {
  const auto address = parse_ip_address(text);
  if (!address || address->is_v4()) return std::string(text);
  std::string shown;
  for (std::size_t i = 0; i < address->bytes().size(); i += 2) {
    const unsigned group = unsigned{address->bytes()[i]} << 8U | address->bytes()[i + 1];
    shown += fmt::format("{}{:x}", i == 0 ? "" : ":", group);
  }
  return shown;
}

/// Puts "<" and ">" around each link that has no bracket before it.
std::string with_marked_links(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const bool is_link = ascii::starts_with_ignoring_case(text, "http://") ||
                         ascii::starts_with_ignoring_case(text, "https://");
    const bool is_marked = !out.empty() && std::string_view("<([").find(out.back()) != out.npos;
    std::size_t end = 1;
    if (is_link && !is_marked) {
      end = std::min(text.find_first_of(" \t\r\n\f\v"), text.size());
      out.append("<").append(text.substr(0, end)).append(">");
    } else {
      out += text.front();
    }
    text.remove_prefix(end);
  }
  return out;
}

std::string_view word_of(dns::Type type) {
  switch (type) {
    case dns::Type::a: return "A";
    case dns::Type::aaaa: return "AAAA";
    case dns::Type::mx: return "MX";
    case dns::Type::ns: return "NS";
    case dns::Type::ptr: return "PTR";
    case dns::Type::txt: return "TXT";
    case dns::Type::tlsa: return "TLSA";
  }
  return "";
}

}  // namespace

void add_hit(EvalContext& context, NetworkHits& hits, std::size_t rule, std::string text) {
  hits.add(rule);
  const Rule& named = context.rules.rules[rule];
  if (!named.is_subrule()) context.memory.get<HitDetails>().add(named.name, std::move(text));
}

std::string listing_text(std::string_view subject, std::string_view zone, dns::Type type,
                         const RecordText& record) {
  if (type == dns::Type::txt) return with_marked_links(record.text);
  while (zone.ends_with('.')) zone.remove_suffix(1);
  const std::string list = ascii::to_lower(zone);
  if (is_ip_text(subject)) return shown_address(subject) + " listed in " + list;
  return "listed in " + ascii::to_lower(subject) + "." + list;
}

std::string record_text(std::string_view name, dns::Type type, const dns::Answer& answer,
                        const RecordFilter& filter) {
  std::string text = std::string(name) + " " + std::string(word_of(type)) + ":";
  if (filter.is_of_codes()) return text;
  for (const RecordText& record : record_texts(answer)) {
    if (filter.accepts(record)) return text + record.text;
  }
  return text;
}

std::string hashed_text(std::string_view value) {
  std::string text;
  for (const char c : value.substr(0, HitDetails::max_text_size)) {
    if (c == '@') {
      text += "[at]";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace postern::antispam
