// Tables of hits and the preview of a message, for reports.
#include <fmt/format.h>

#include "lib/antispam/report/tags.hpp"
#include "lib/antispam/report/wrap.hpp"

namespace postern::antispam {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// "-0.1", " 1.0", "  12": four columns.
std::string score_column(double score) {
  return score >= 10 || score <= -10 ? fmt::format("{:4.0f}", score)
                                     : fmt::format("{:4.1f}", score);
}

std::string wrapped_description(const ReportedHit& hit, std::size_t first_columns,
                                std::string_view prefix, unsigned width) {
  const std::string first(first_columns, ' ');
  WrapStyle style;
  style.prefix = prefix;
  style.first = first;
  style.width = width;
  std::string text = wrap(hit.description, style);
  const std::size_t begin = text.find_first_not_of(" \t\n\r\f\v");
  return begin == std::string::npos ? std::string() : text.substr(begin);
}

/// Pieces of 30 to 48 characters that end at white space, as long as there are any.
std::vector<std::string> detail_lines(std::string_view text) {
  constexpr std::size_t least = 30;
  constexpr std::size_t most = 48;
  std::vector<std::string> out;
  while (true) {
    std::size_t end = std::min(most, text.size());
    const std::size_t newline = text.substr(0, end).find('\n');
    end = newline == std::string_view::npos ? end : newline;  // "." in Perl
    while (end >= least && (end >= text.size() || !is_space(text[end]))) {
      --end;
    }
    if (end < least) {
      break;
    }
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  out.emplace_back(text);
  return out;
}

std::string terse_details(const ReportedHit& hit) {
  std::string out;
  for (const std::string& detail : hit.details) {
    for (const std::string& line : detail_lines(detail)) {
      out += "[" + line + "]\n";
    }
  }
  return out;
}

std::string long_details(const ReportedHit& hit) {
  constexpr std::size_t short_line = 47;
  std::string out;
  for (const std::string& detail : hit.details) {
    for (const std::string& line : detail_lines(detail)) {
      out += line.size() > short_line ? fmt::format("{:>78}\n", "[" + line + "]")
                                      : fmt::format("{:>27} [{}]\n", "", line);
    }
  }
  return out;
}

}  // namespace

std::string hit_report(const TagSource& source) {
  std::string out;
  for (const ReportedHit& hit : source.verdict.hits) {
    const std::string score = score_column(hit.score);
    const std::string details = terse_details(hit);
    out +=
        fmt::format("* {} {} {}{}\n{}", score, hit.name, hit.area,
                    wrapped_description(hit, 4 + hit.name.size() + score.size() + hit.area.size(),
                                        "*      ", source.options.report_wrap_width),
                    details.empty() ? "" : "*      " + details);
  }
  return out;
}

std::string hit_summary(const TagSource& source) {
  const std::string indent(28, ' ');
  std::string out;
  for (const ReportedHit& hit : source.verdict.hits) {
    const std::string score = score_column(hit.score);
    out +=
        fmt::format("{} {:<22} {}{}\n{}", score, hit.name, hit.area,
                    wrapped_description(hit, 3 + hit.name.size() + score.size() + hit.area.size(),
                                        indent, source.options.report_wrap_width),
                    long_details(hit));
  }
  return out;
}

namespace {

constexpr std::size_t preview_lines = 3;
constexpr std::size_t preview_characters = 200;

std::size_t character_size(std::string_view text, bool is_utf8) {
  std::size_t size = 1;
  while (is_utf8 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) {
    ++size;
  }
  return size;
}

std::size_t character_count(std::string_view text, bool is_utf8) {
  std::size_t count = 0;
  for (; !text.empty(); text.remove_prefix(character_size(text, is_utf8))) {
    ++count;
  }
  return count;
}

/// Each line beyond 200 characters cut there, with " [...]".
std::string shortened_lines(std::string_view text, bool is_utf8) {
  std::string out;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    std::size_t end = 0;
    for (std::size_t i = 0; i < preview_characters && end < line.size(); ++i) {
      end += character_size(line.substr(end), is_utf8);
    }
    out += line.substr(0, end);
    out += end < line.size() ? " [...]" : "";
    text.remove_prefix(line.size());
    if (newline != std::string_view::npos) {
      out += '\n';
      text.remove_prefix(1);
    }
  }
  return out;
}

void erase_all(std::string& text, std::string_view what) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.erase(at, what.size());
  }
}

/// From the mark of a quoted message to the end of its line.
void erase_quote_marks(std::string& text) {
  constexpr std::string_view mark = "-----Original Message-----";
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    text.erase(at, end - at);
  }
}

/// Without rulers: ten or more of "-_*." in a row.
std::string without_rulers(std::string_view text) {
  constexpr std::size_t least = 10;
  std::string out;
  while (!text.empty()) {
    const std::size_t run = std::min(text.find_first_not_of("-_*."), text.size());
    out += run >= least ? std::string_view() : text.substr(0, run);
    text.remove_prefix(run);
    const std::size_t rest = std::min(text.find_first_of("-_*."), text.size());
    out += text.substr(0, rest);
    text.remove_prefix(rest);
  }
  return out;
}

std::string with_single_blanks(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_space(c)) {
      out += c;
    } else if (out.empty() || out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

}  // namespace

std::string content_preview(const TagSource& source) {
  std::string text;
  std::size_t count = 0;
  for (std::size_t i = 1;
       i < source.body.size() && i <= preview_lines && count < preview_characters; ++i) {
    text += source.body[i];
    count += character_count(source.body[i], source.is_body_utf8);
  }
  text = shortened_lines(text, source.is_body_utf8);
  if (text.ends_with('\n')) {
    text.pop_back();
  }
  text += '\n';
  erase_quote_marks(text);
  erase_all(text, "This is a multi-part message in MIME format.");
  text = with_single_blanks(without_rulers(text));

  constexpr std::string_view first =
      "Content preview:  ";  // the template has it; here it only counts
  WrapStyle style;
  style.prefix = "  ";
  style.first = first;
  style.width = 75;
  style.may_overflow = true;
  style.is_utf8 = source.is_body_utf8;
  text = wrap(text, style);
  const std::size_t begin = text.find_first_not_of(" \t\n\r\f\v", first.size() - 2);
  return begin == std::string::npos ? std::string() : text.substr(begin);
}

}  // namespace postern::antispam
