#include "lib/records/zone_fragment.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/dkim/key_record.hpp"

namespace postern::records {
namespace {

void append_decimal(char c, std::string& out) {
  const unsigned octet = static_cast<unsigned char>(c);
  out += '\\';
  for (const unsigned unit : {100U, 10U, 1U}) out += static_cast<char>('0' + octet / unit % 10);
}

void append_quoted(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (!ascii::is_printable(c)) {
      append_decimal(c, out);
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
}

// Names are of letters, digits, hyphens, and underscores as a rule; whatever else a caller lets
// through must not end the line or the name.
std::string absolute(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (ascii::is_alnum(c) || c == '.' || c == '-' || c == '_' || c == '*') {
      out += c;
    } else {
      append_decimal(c, out);
    }
  }
  return out + ".";
}

std::string data_of(const Record& record) {
  const std::string priority = std::to_string(record.priority);
  switch (record.type) {
    case Type::a:
    case Type::aaaa: return record.value;
    case Type::mx: return priority + " " + absolute(record.value);
    case Type::txt: return quote_strings(record.value);
    case Type::srv:
      return priority + " " + std::to_string(record.weight) + " " + std::to_string(record.port) +
             " " + absolute(record.value);
    case Type::cname: return absolute(record.value);
  }
  return "";
}

// A comment ends with its line, so nothing but printable text may be in it.
void append_comment(std::string_view text, std::string& out) {
  out += "; ";
  for (const char c : text) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  out += '\n';
}

void append_group(const Group& group, bool as_comment, std::string& out) {
  out += '\n';
  append_comment(group.title, out);
  for (const std::string& remark : group.remarks) append_comment("  " + remark, out);
  for (const Record& record : group.records) {
    out += (as_comment ? "; " : "") + format(record) + "\n";
  }
}

void append_policy(const PolicyFile& file, std::string& out) {
  out += '\n';
  append_comment("Serve this file at " + file.url, out);
  for (std::string_view rest = file.text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    append_comment("  " + std::string(ascii::trim(rest.substr(0, end))), out);
    rest.remove_prefix(end + 1);
  }
}

}  // namespace

std::string quote_strings(std::string_view text) {
  std::string out;
  for (const std::string& part : dkim::split_character_strings(text)) {
    out += out.empty() ? "\"" : " \"";
    append_quoted(part, out);
    out += '"';
  }
  return out;
}

std::string format(const Record& record) {
  return absolute(record.name) + " " + std::to_string(zone_ttl.count()) + " IN " +
         std::string(to_token(record.type)) + " " + data_of(record);
}

std::string format_zone(const Plan& plan) {
  std::string out;
  append_comment("Records for mail of " + plan.domain, out);
  for (const Group& group : plan.groups) append_group(group, false, out);
  for (const Group& group : plan.elsewhere) append_group(group, true, out);
  if (plan.mta_sts_policy) append_policy(*plan.mta_sts_policy, out);
  if (!plan.notes.empty()) out += '\n';
  for (const std::string& note : plan.notes) append_comment(note, out);
  return out;
}

}  // namespace postern::records
