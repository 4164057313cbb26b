// Keys about what a message becomes: headers, reports, the rewritten subject.
#include <algorithm>
#include <array>

#include "lib/antispam/rules/load_state.hpp"
#include "lib/antispam/rules/value_readers.hpp"

namespace postern::antispam {
namespace {

using When = HeaderTemplate::When;

// Of \\ one backslash is left; \t and \n become what they say; other escapes vanish.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      out += text[at];
      continue;
    }
    switch (text[++at]) {
      case '\\': out += '\\'; break;
      case 't': out += '\t'; break;
      case 'n': out += '\n'; break;
      default: break;
    }
  }
  return out;
}

struct HeaderWords {
  When when;
  std::string_view name, rest;
};

// "spam NAME …", "ham NAME …", "all NAME …"
std::optional<HeaderWords> header_words(std::string_view value) {
  const auto [type, after] = first_word(value);
  const auto [name, rest] = first_word(after);
  const bool is_fit = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return is_word_char(c) || c == '-';
  });
  if (!is_fit) return std::nullopt;
  if (type == "all") return HeaderWords{When::all, name, rest};
  if (type == "spam") return HeaderWords{When::spam, name, rest};
  if (type == "ham") return HeaderWords{When::ham, name, rest};
  return std::nullopt;
}

// Takes a name away from what spam gets, or ham, or both; the order of the others stays.
void remove_name(std::vector<HeaderTemplate>& headers, When when, std::string_view name) {
  std::erase_if(headers, [&](HeaderTemplate& header) {
    if (!ascii::equals_ignoring_case(header.name, name)) return false;
    if (when == When::all || header.when == when) return true;
    if (header.when == When::all) header.when = when == When::spam ? When::ham : When::spam;
    return false;
  });
}

KeyOutcome add_header(LoadState& state, std::string_view value) {
  const auto words = header_words(value);
  if (!words || words->rest.empty()) return KeyOutcome::invalid;
  std::string_view text = words->rest;
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  auto& headers = state.set.options.headers;
  remove_name(headers, words->when, words->name);
  headers.push_back({words->when, std::string(words->name), unescaped(text)});
  return KeyOutcome::done;
}

KeyOutcome remove_header(LoadState& state, std::string_view value) {
  const auto words = header_words(value);
  if (!words || !words->rest.empty()) return KeyOutcome::invalid;
  if (words->name != "Checker-Version") {
    remove_name(state.set.options.headers, words->when, words->name);
  }
  return KeyOutcome::done;
}

// All but the program's own; what ham gets of it, spam gets then.
KeyOutcome clear_headers(LoadState& state, std::string_view value) {
  if (!value.empty()) return KeyOutcome::invalid;
  auto& headers = state.set.options.headers;
  std::erase_if(headers, [](const HeaderTemplate& header) {
    return header.when == When::spam ||
           !ascii::equals_ignoring_case(header.name, "checker-version");
  });
  for (HeaderTemplate& header : headers) header.when = When::all;
  return KeyOutcome::done;
}

KeyOutcome rewrite_header(LoadState& state, std::string_view value) {
  const auto [word, text] = first_word(value);
  const std::string name = ascii::to_lower(word);
  if (name.empty()) return KeyOutcome::missing;
  if (name != "subject" && name != "from" && name != "to") return KeyOutcome::invalid;
  auto& rewrites = state.set.options.rewrite_headers;
  if (text.empty()) {
    rewrites.erase(name);
    return KeyOutcome::done;
  }
  std::string replacement(text);
  if (name != "subject") {
    // A comment in an address field is not to be ended by it.
    std::replace(replacement.begin(), replacement.end(), '(', '[');
    std::replace(replacement.begin(), replacement.end(), ')', ']');
  }
  rewrites.insert_or_assign(name, std::move(replacement));
  return KeyOutcome::done;
}

template <std::string Options::*Member>
KeyOutcome append_line(LoadState& state, std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  (state.set.options.*Member).append(value).append("\n");
  return KeyOutcome::done;
}

template <std::string Options::*Member>
KeyOutcome clear_lines(LoadState& state, std::string_view value) {
  if (!value.empty()) return KeyOutcome::invalid;
  (state.set.options.*Member).clear();
  return KeyOutcome::done;
}

KeyOutcome report_safe(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  if (value != "0" && value != "1" && value != "2") return KeyOutcome::invalid;
  Options& options = state.set.options;
  options.report_safe = static_cast<unsigned>(value.front() - '0');
  // Without a report in the body, spam has it in a header.
  const bool has_report =
      std::any_of(options.headers.begin(), options.headers.end(), [](const HeaderTemplate& header) {
        return header.when != When::ham && ascii::equals_ignoring_case(header.name, "report");
      });
  if (options.report_safe == 0 && !has_report) {
    options.headers.push_back({When::spam, "Report", "_REPORT_"});
  }
  return KeyOutcome::done;
}

KeyOutcome report_safe_copy(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  for (const std::string_view word : words_of(value)) {
    state.set.options.report_safe_copy_headers.emplace_back(word);
  }
  return KeyOutcome::done;
}

constexpr std::string_view header_form = "ham, spam, or all, a name, and a text";

constexpr auto keys = std::to_array<ConfigKey>({
    {"add_header", "", add_header, header_form},
    {"remove_header", "", remove_header, "ham, spam, or all, and a name"},
    {"clear_headers", "", clear_headers, nothing_form},
    {"rewrite_header", "", rewrite_header, "subject, from, or to, and a text"},
    {"report", "", append_line<&Options::report_template>, text_form},
    {"clear_report_template", "", clear_lines<&Options::report_template>, nothing_form},
    {"unsafe_report", "", append_line<&Options::unsafe_report_template>, text_form},
    {"clear_unsafe_report_template", "", clear_lines<&Options::unsafe_report_template>,
     nothing_form},
    {"report_contact", "", read_text<&Options::report_contact>, text_form},
    {"report_hostname", "", read_text<&Options::report_hostname>, "a host's name"},
    {"report_charset", "", read_text<&Options::report_charset>, "a character set"},
    {"report_safe", "", report_safe, "0, 1, or 2"},
    {"report_safe_copy_headers", "", report_safe_copy, "names of header fields"},
    {"report_wrap_width", "", read_number<&Options::report_wrap_width>, number_form},
    {"fold_headers", "", read_switch<&Options::fold_headers>, switch_form},
});

}  // namespace

std::span<const ConfigKey> template_keys() {
  return keys;
}

}  // namespace postern::antispam
