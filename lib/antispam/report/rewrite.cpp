#include "lib/antispam/report/rewrite.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "lib/antispam/report/headers.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view previous_prefix = "X-Spam-Prev-";

Lines split_lines(std::string_view text) {
  Lines out;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    out.emplace_back(text.substr(0, newline == std::string_view::npos ? newline : newline + 1));
    text.remove_prefix(out.back().size());
  }
  return out;
}

bool continues(std::string_view line) {
  return line.starts_with(' ') || line.starts_with('\t');
}

/// A field that an earlier filter, or a forger, left; X-Spam-Prev-* stays.
bool is_old_verdict(std::string_view line) {
  return ascii::starts_with_ignoring_case(line, "X-Spam-") &&
         !ascii::starts_with_ignoring_case(line, previous_prefix);
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

Lines without_old_verdicts(Lines lines) {
  Lines out;
  bool drops = false;
  for (std::string& line : lines) {
    drops = is_old_verdict(line) || (drops && continues(line));
    if (!drops) {
      out.push_back(std::move(line));
    }
  }
  return out;
}

/// The last field of this name, with folding and its last line end, without the blanks before it.
std::optional<std::string> last_field(std::string_view headers, std::string_view name) {
  std::optional<std::string> found;
  bool is_within = false;
  for (const std::string& line : split_lines(headers)) {
    if (is_within && continues(line)) {
      *found += line;
      continue;
    }
    is_within = false;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || !ascii::starts_with_ignoring_case(line, name)) {
      continue;
    }
    const std::string_view between =
        std::string_view(line).substr(name.size(), colon - name.size());
    if (colon >= name.size() && between.find_first_not_of(" \t") == std::string_view::npos) {
      const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
      found = begin == std::string::npos ? std::string() : line.substr(begin);
      is_within = true;
    }
  }
  return found;
}

std::string with_line_ends(std::string_view text, bool has_crlf) {
  if (!has_crlf) {
    return std::string(text);
  }
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) {
      out += '\r';
    }
    out += text[i];
  }
  return out;
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// The template of rewrite_header for a field, or nothing.
const std::string* rewriting(const TagSource& source, const std::string& field) {
  const auto found = source.options.rewrite_headers.find(field);
  return found == source.options.rewrite_headers.end() ? nullptr : &found->second;
}

/// "Subject:  x" -> "Subject: MARK x"; a mark that is there already is not doubled.
void put_mark(std::string& line, std::string_view mark) {
  const std::size_t value = line.find(':') + 1;
  std::size_t begin = line.find_first_not_of(" \t", value);
  begin = begin == std::string::npos ? line.size() : begin;
  const std::string with_blank = std::string(mark) + " ";
  if (ascii::starts_with_ignoring_case(std::string_view(line).substr(begin), with_blank)) {
    begin += with_blank.size();
  }
  line.replace(value, begin - value, " " + with_blank);
}

/// "from", "subject", or "to" of a line that begins such a field; else empty.
std::string rewritable_name(std::string_view line) {
  for (const std::string_view name : {"from:", "subject:", "to:"}) {
    if (ascii::starts_with_ignoring_case(line, name)) {
      return std::string(name.substr(0, name.size() - 1));
    }
  }
  return {};
}

void mark_subject_prefix(std::string& line, const TagSource& source) {
  if (source.verdict.subject_prefix.empty()) {
    return;
  }
  std::string prefix = one_line(replace_tags(source.verdict.subject_prefix, source));
  prefix.erase(prefix.find_last_not_of(" \t") + 1);
  put_mark(line, prefix);
}

/// Marks From, Subject, and To of spam; what they were goes to the end of the fields.
void mark_spam(Lines& lines, bool has_new_subject, const TagSource& source) {
  const std::size_t count = lines.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rewritable_name(lines[i]);
    const std::string* tmpl = name.empty() ? nullptr : rewriting(source, name);
    if (tmpl == nullptr) {
      continue;
    }
    lines.push_back(has_new_subject ? "X-Spam-Prev-Subject: (nonexistent)\n"
                                    : std::string(previous_prefix) + lines[i]);
    std::string mark = one_line(replace_tags(*tmpl, source));
    if (name != "subject") {
      mark.insert(0, 1, '(').append(1, ')');
    }
    mark_subject_prefix(lines[i], source);
    put_mark(lines[i], mark);
  }
}

void mark_ham(Lines& lines, const TagSource& source) {
  for (std::string& line : lines) {
    if (rewritable_name(line) == "subject" && rewriting(source, "subject") != nullptr) {
      mark_subject_prefix(line, source);
    }
  }
}

std::string added_lines(const TagSource& source) {
  std::string out;
  for (const AddedHeader& header : added_headers(source)) {
    out += header.name + ": " + header.value + "\n";
  }
  return out;
}

/// Return-Path stays on top: some mailbox formats want it there.
std::string take_return_path(Lines& lines) {
  std::string out;
  if (!lines.empty() && ascii::starts_with_ignoring_case(lines.front(), "Return-Path:")) {
    do {
      out += lines.front();
      lines.erase(lines.begin());
    } while (!lines.empty() && continues(lines.front()));
  }
  return out;
}

std::string joined(const Lines& lines) {
  return fmt::format("{}", fmt::join(lines, ""));
}

std::string with_headers(const PristineMessage& message, const TagSource& source) {
  Lines lines = without_old_verdicts(split_lines(message.headers));
  std::string separator;
  if (!lines.empty() && is_blank(lines.back())) {
    separator = lines.back();
    lines.pop_back();
  }
  const bool is_new_subject =
      !last_field(message.headers, "Subject") && rewriting(source, "subject") != nullptr;
  if (is_new_subject) {
    lines.emplace_back("Subject: \n");
  }
  if (source.verdict.is_spam()) {
    mark_spam(lines, is_new_subject, source);
  } else {
    mark_ham(lines, source);
  }
  const std::string top = take_return_path(lines);
  return with_line_ends(top + added_lines(source) + joined(lines) + separator, message.has_crlf) +
         std::string(message.body);
}

/// "text\n" -> "text\t(MARK)\n"
std::string with_comment(std::string value, std::string_view mark) {
  const std::string comment = fmt::format("\t({})", mark);
  const std::size_t end = value.ends_with('\n') ? value.size() - 1 : value.size();
  if (!std::string_view(value).substr(0, end).ends_with(comment)) {
    value.insert(end, comment);
  }
  return value;
}

/// Fields of the original at the top of a report, in SpamAssassin's order.
std::string report_fields(const PristineMessage& message, const TagSource& source) {
  std::string out;
  for (const std::string_view name : {"From", "To", "Cc", "Subject", "Date", "Message-Id"}) {
    std::optional<std::string> value = last_field(message.headers, name);
    const std::string lower = ascii::to_lower(name);
    if (const std::string* tmpl = rewriting(source, lower)) {
      const std::string tag = replace_tags(*tmpl, source);
      value = value.value_or("\n");
      if (lower == "subject") {
        const std::string mark = one_line(tag) + " ";
        const std::string subject =
            one_line(replace_tags(source.verdict.subject_prefix, source)) + *value;
        value = subject.starts_with(mark) ? subject : mark + subject;
      } else {
        value = with_comment(*value, one_line(tag));
      }
    }
    out += value ? fmt::format("{}: {}", name, *value) : std::string();
  }
  return out;
}

std::string copied_fields(const PristineMessage& message, const TagSource& source,
                          bool of_received) {
  std::string out;
  for (const std::string& name : source.options.report_safe_copy_headers) {
    bool is_within = false;
    for (const std::string& line : split_lines(message.headers)) {
      is_within = continues(line) ? is_within : ascii::starts_with_ignoring_case(line, name + ":");
      if (is_within && (ascii::to_lower(name) == "received") == of_received) {
        out += line;
      }
    }
  }
  return out;
}

std::string unique_boundary(const PristineMessage& message, std::int64_t now,
                            std::uint32_t random) {
  std::string boundary = fmt::format("----------=_{:08X}.{:08X}", now, random);
  while (message.headers.find(boundary) != std::string_view::npos ||
         message.body.find(boundary) != std::string_view::npos) {
    random = random * 1664525U + 1013904223U;  // any other number does
    boundary += fmt::format("/{:08X}", random);
  }
  return boundary;
}

std::string as_attachment(const PristineMessage& message, const TagSource& source, std::int64_t now,
                          std::uint32_t random) {
  const std::string boundary = unique_boundary(message, now, random);
  const std::optional<std::string> type = last_field(message.headers, "Content-Type");
  const bool is_plain =
      !type || is_blank(*type) || ascii::to_lower(*type).find("text/plain") != std::string::npos;
  std::string report = full_report(source);
  if (!is_plain) {
    report += replace_tags(source.options.unsafe_report_template, source);
  }
  std::string out = copied_fields(message, source, true);
  out.insert(
      0, fmt::format("Received: from localhost by {}\n\twith SpamAssassin (version {});\n\t{}\n",
                     source.hostname, replace_tags("_VERSION_", source), source.date));
  out +=
      report_fields(message, source) + added_lines(source) + copied_fields(message, source, false);
  out += fmt::format(
      "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{0}\"\n\n"
      "This is a multi-part message in MIME format.\n\n"
      "--{0}\nContent-Type: text/plain; charset=UTF-8\nContent-Disposition: inline\n"
      "Content-Transfer-Encoding: 8bit\n\n{1}\n\n"
      "--{0}\nContent-Type: {2}; x-spam-type=original\n"
      "Content-Description: original message before SpamAssassin\n"
      "Content-Disposition: {3}\nContent-Transfer-Encoding: 8bit\n\n",
      boundary, report, source.options.report_safe > 1 ? "text/plain" : "message/rfc822",
      is_plain ? "inline" : "attachment");
  return with_line_ends(out, message.has_crlf) + std::string(message.headers) +
         std::string(message.body) +
         with_line_ends(fmt::format("\n--{}--\n\n", boundary), message.has_crlf);
}

}  // namespace

std::string rewrite_message(const PristineMessage& message, const TagSource& source,
                            std::int64_t now, std::uint32_t random) {
  return source.verdict.is_spam() && source.options.report_safe > 0
             ? as_attachment(message, source, now, random)
             : with_headers(message, source);
}

}  // namespace postern::antispam
