// Evals over the text of a message (Mail::SpamAssassin::Plugin::BodyEval).
#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "lib/antispam/evals/alternatives.hpp"
#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;

// --- multipart/alternative ---

struct AlternativesFacts {
  std::optional<AlternativesDifference> difference;
};

const AlternativesDifference& alternatives(EvalContext& context) {
  auto& found = context.memory.get<AlternativesFacts>().difference;
  if (!found) found = compare_alternatives(context.message);
  return *found;
}

double multipart_alternative_difference(EvalContext& context, Values values) {
  const Arguments arguments(values);
  const double percent = alternatives(context).percent;
  return (arguments.number(0) == 0 || percent > arguments.number(0)) &&
         (arguments.text(1) == "undef" || percent <= arguments.number(1));
}

double multipart_alternative_difference_count(EvalContext& context, Values values) {
  const Arguments arguments(values);
  const AlternativesDifference& found = alternatives(context);
  const auto html_words = static_cast<double>(found.html_words);
  return html_words > arguments.number(1) && html_words > 0 &&
         static_cast<double>(found.text_words) / html_words > arguments.number(0);
}

// --- lines ---

bool is_blank(std::string_view line) {
  return std::all_of(line.begin(), line.end(), is_space_octet);
}

/// Percent of the decoded lines; -1: there are fewer than `min_lines`.
double blank_line_percent(EvalContext& context, double min_lines) {
  std::size_t lines = 0;
  std::ptrdiff_t blank = 0;
  for (const PerlString& chunk : context.message.rawbody()) {
    const std::vector<std::string_view> pieces = lines_of(chunk.bytes);
    lines += pieces.size();
    blank += std::count_if(pieces.begin(), pieces.end(), is_blank);
  }
  const auto count = static_cast<double>(lines);
  return count < std::max(min_lines, 1.0) ? -1 : 100 * static_cast<double>(blank) / count;
}

double check_blank_line_ratio(EvalContext& context, Values values) {
  const Arguments arguments(values);
  const double percent = blank_line_percent(context, arguments.number(2));
  return (arguments.number(0) == 0 || percent > arguments.number(0)) &&
         percent <= arguments.number(1);
}

/// Blanks of the line with relatively most of them, in percent of what else it has; 100 at most.
int max_blank_percent(const std::vector<std::string>& body) {
  constexpr std::size_t min_size = 6;
  std::size_t max = 0;
  bool has_line = false;
  for (const std::string& line : body) {
    if (line.size() < min_size) continue;
    has_line = true;
    const auto blanks = static_cast<std::size_t>(std::count(line.begin(), line.end(), ' '));
    const std::size_t others = line.size() - blanks;
    max = std::max(max, blanks > others ? 100 : 100 * blanks / others);
  }
  return has_line ? static_cast<int>(max) : -1;
}

double tvd_vertical_words(EvalContext& context, Values values) {
  const Arguments arguments(values);
  const double max = arguments.number(1) >= 100 ? 101 : arguments.number(1);
  const double percent = max_blank_percent(context.message.body());
  return percent >= arguments.number(0) && percent < max;
}

// --- stock market spam ---

constexpr std::string_view labelled_line = R"((?m)^\s*([^:\s][^:\n]{2,29})\s*:\s*\S)";
constexpr std::string_view stock_label =
    "(^trad(?:e|ing)date|company(?:name)?|s\\w?(?:t\\w?o\\w?c\\w?k|y\\w?m(?:\\w?b\\w?o\\w?l)?)|"
    "t(?:arget|icker)|(?:opening|current)p(?:rice)?|p(?:rojected|osition)|expectations|weeks?high|"
    "marketperformance|(?:year|week|month|day|price)(?:target|estimates?)|sector|"
    "r(?:ecommendation|ating))$";

/// Letters in lower case, nothing else.
std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (c >= 'a' && c <= 'z') letters += c;
    if (c >= 'A' && c <= 'Z') letters += static_cast<char>(c - 'A' + 'a');
  }
  return letters;
}

/// Where SpamAssassin cuts long texts: each chunk begins a line.
std::size_t chunk_size(std::string_view rest) {
  constexpr std::size_t min_size = 2048;
  constexpr std::size_t max_size = 2 * min_size;
  if (rest.size() <= max_size) return rest.size();
  for (const char end : {'\n', '>', ' '}) {
    const std::size_t at = rest.substr(0, max_size).find(end, min_size);
    if (at != rest.npos) return at + 1;
  }
  return min_size + 1;
}

class StockLabels {
 public:
  explicit StockLabels(const RegexSource& regexes)
      : line_(regexes.regex(labelled_line)), label_(regexes.regex(stock_label)) {}

  void read(std::string_view text) {
    if (line_ == nullptr || label_ == nullptr) return;
    while (!text.empty()) {
      const std::size_t size = chunk_size(text);
      read_chunk(text.substr(0, size));
      text.remove_prefix(size);
    }
  }
  [[nodiscard]] std::size_t count() const { return found_.size(); }

 private:
  void read_chunk(std::string_view chunk) {
    for (RegexMatch line = line_->find_groups(chunk); line;
         line = line_->find_groups(chunk, line.end)) {
      const auto [begin, end] = line.groups.at(0);
      const std::string letters = letters_of(chunk.substr(begin, end - begin));
      const RegexMatch label = label_->find(letters);
      if (label) found_.insert(letters.substr(label.begin));
    }
  }

  const Regex* line_;
  const Regex* label_;
  std::set<std::string> found_;
};

const MimeNode* first_of_type(EvalContext& context, std::string_view start, bool whole) {
  const auto& nodes = context.message.nodes();
  const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const MimeNode* node) {
    return whole ? node->type == start : node->type.starts_with(start);
  });
  return found == nodes.end() ? nullptr : *found;
}

struct StockFacts {
  std::optional<std::size_t> labels;
};

double check_stock_info(EvalContext& context, Values values) {
  auto& count = context.memory.get<StockFacts>().labels;
  if (!count) {
    static_cast<void>(context.message.body());  // renders the leaves
    StockLabels labels(context.regexes);
    const MimeNode* part = first_of_type(context, "text/plain", true);
    if (part != nullptr && part->rendered) labels.read(one_octet_per_character(*part->rendered));
    count = labels.count();
  }
  const double min = Arguments(values).number(0);
  return min == 0 || static_cast<double>(*count) >= min;
}

// --- sizes ---

double check_body_length(EvalContext& context, Values values) {
  return static_cast<double>(context.message.pristine_body().size()) <= Arguments(values).number(0);
}

struct SignatureFacts {
  double body = 0;
  double signature = 0;
  double ratio = 0;
};

/// "-- " alone, as mail programs write it.
bool is_signature_mark(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line == "--" || line == "-- ";
}

SignatureFacts find_signature(std::string_view text) {
  constexpr std::size_t min_signature = 5;
  constexpr double ratio_without = 1e6;
  SignatureFacts facts = {static_cast<double>(text.size()), 0, ratio_without};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (is_signature_mark(text.substr(at, end - at)) && text.size() - end >= min_signature) {
      facts = {static_cast<double>(at), static_cast<double>(text.size() - end), 0};
      facts.ratio = facts.body / facts.signature;
    }
    at = end + 1;
  }
  return facts;
}

double is_within(EvalContext& context, Values values, double SignatureFacts::*figure) {
  const MimeNode* part = first_of_type(context, "text/plain", false);
  if (part == nullptr) return 0;
  const Arguments arguments(values);
  const double value = find_signature(part->decoded).*figure;
  return value >= arguments.number(0) && (!arguments.has(1) || value <= arguments.number(1));
}

double plaintext_body_length(EvalContext& context, Values values) {
  return is_within(context, values, &SignatureFacts::body);
}

double plaintext_sig_length(EvalContext& context, Values values) {
  return is_within(context, values, &SignatureFacts::signature);
}

double plaintext_body_sig_ratio(EvalContext& context, Values values) {
  return is_within(context, values, &SignatureFacts::ratio);
}

constexpr std::array rows = {
    Eval{"check_blank_line_ratio", "BodyEval", check_blank_line_ratio},
    Eval{"check_body_length", "BodyEval", check_body_length},
    Eval{"check_stock_info", "BodyEval", check_stock_info},
    Eval{"multipart_alternative_difference", "BodyEval", multipart_alternative_difference},
    Eval{"multipart_alternative_difference_count", "BodyEval",
         multipart_alternative_difference_count},
    Eval{"plaintext_body_length", "BodyEval", plaintext_body_length},
    Eval{"plaintext_body_sig_ratio", "BodyEval", plaintext_body_sig_ratio},
    Eval{"plaintext_sig_length", "BodyEval", plaintext_sig_length},
    Eval{"tvd_vertical_words", "BodyEval", tvd_vertical_words},
};

}  // namespace

std::span<const Eval> body_evals() {
  return rows;
}

}  // namespace postern::antispam
