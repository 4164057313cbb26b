#include "lib/keyring/ucl.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"

namespace postern::keyring {
namespace {

using Problem = std::string_view;  // empty when there is none

constexpr bool ends_key(char c) {
  return ascii::is_space(c) || std::string_view("=:{}[];,#\"'").find(c) != std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Expected<std::vector<UclValue>, UclError> read() {
    while (true) {
      Problem problem = skip_separators();
      if (problem.empty()) {
        if (at_end()) break;
        problem = read_item();
      }
      if (problem.empty() && values_.size() > max_ucl_values) problem = "has too many values";
      if (!problem.empty()) return Unexpected<UclError>({line_, problem});
    }
    if (!blocks_.empty()) return Unexpected<UclError>({line_, "ends inside a block"});
    return std::move(values_);
  }

 private:
  struct Block {
    bool is_list = false;
    std::size_t names = 0;  // on path_, gone when the block ends
    std::size_t next = 0;   // number of the next element
  };

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  [[nodiscard]] bool sees(std::string_view word) const {
    return text_.substr(at_).starts_with(word);
  }

  void step() {
    if (text_[at_] == '\n') ++line_;
    ++at_;
  }

  void skip_line() {
    while (!at_end() && peek() != '\n') step();
  }

  // Comments of this kind nest.
  Problem skip_long_comment() {
    std::size_t depth = 0;
    do {
      if (at_end()) return "ends inside a comment";
      if (sees("/*") || sees("*/")) {
        depth = sees("/*") ? depth + 1 : depth - 1;
        step();
      }
      step();
    } while (depth > 0);
    return {};
  }

  Problem skip_space() {
    while (!at_end()) {
      if (ascii::is_space(peek())) {
        step();
      } else if (peek() == '#') {
        skip_line();
      } else if (sees("/*")) {
        if (const Problem problem = skip_long_comment(); !problem.empty()) return problem;
      } else {
        break;
      }
    }
    return {};
  }

  Problem skip_separators() {
    while (true) {
      const Problem problem = skip_space();
      if (!problem.empty() || at_end() || (peek() != ';' && peek() != ',')) return problem;
      step();
    }
  }

  void skip_blanks() {
    while (!at_end() && ascii::is_blank(peek())) step();
  }

  Problem open(bool is_list, std::size_t names) {
    step();
    if (path_.back().size() > max_ucl_name_size) return "has a name that is too long";
    if (blocks_.size() >= max_ucl_depth) return "has blocks nested too deep";
    blocks_.push_back({is_list, names, 0});
    return {};
  }

  Problem close(bool is_list) {
    if (blocks_.empty() || blocks_.back().is_list != is_list) return "closes what is not open";
    step();
    path_.resize(path_.size() - blocks_.back().names);
    blocks_.pop_back();
    return {};
  }

  Problem read_item() {
    if (peek() == '}' || peek() == ']') return close(peek() == ']');
    if (!blocks_.empty() && blocks_.back().is_list) {
      path_.push_back(std::to_string(blocks_.back().next++));
      return read_value(1);
    }
    if (peek() == '.') return read_macro();
    return read_member();
  }

  Problem read_macro() {
    const std::size_t begin = at_;
    const std::size_t line = line_;
    skip_line();
    const std::string_view whole = ascii::trim(text_.substr(begin, at_ - begin));
    std::size_t end = 0;
    while (end < whole.size() && !ends_key(whole[end]) && whole[end] != '(') ++end;
    values_.push_back({path_, std::string(whole.substr(end)), line});
    values_.back().path.emplace_back(whole.substr(0, std::min(end, max_ucl_name_size)));
    return {};
  }

  Problem read_word(std::string& word) {
    if (peek() == '"' || peek() == '\'') return read_quoted(word);
    const std::size_t begin = at_;
    while (!at_end() && !ends_key(peek())) ++at_;
    word = std::string(text_.substr(begin, at_ - begin));
    return word.empty() ? Problem("has a value without a name") : Problem();
  }

  Problem read_name(std::string& name) {
    if (const Problem problem = read_word(name); !problem.empty()) return problem;
    return name.size() > max_ucl_name_size ? "has a name that is too long" : Problem();
  }

  // "name = value", "name value", "name { ... }", or "name other { ... }".
  Problem read_member() {
    std::string name;
    if (const Problem problem = read_name(name); !problem.empty()) return problem;
    path_.push_back(std::move(name));
    if (const Problem problem = skip_space(); !problem.empty()) return problem;
    if (peek() == '=' || peek() == ':') {
      step();
      if (const Problem problem = skip_space(); !problem.empty()) return problem;
      return read_value(1);
    }
    if (peek() == '{' || peek() == '[') return read_value(1);
    return read_value_or_named_block();
  }

  Problem read_value_or_named_block() {
    const std::size_t line = line_;
    std::string value;
    if (peek() == '"' || peek() == '\'') {
      if (const Problem problem = read_quoted(value); !problem.empty()) return problem;
    } else {
      value = read_bare(true);
    }
    if (value.empty()) return "has a name without a value";
    skip_blanks();
    if (peek() == '{') {
      path_.push_back(std::move(value));
      return open(false, 2);
    }
    add(std::move(value), line);
    return {};
  }

  // The last `names` of path_ are those of the value.
  Problem read_value(std::size_t names) {
    if (peek() == '{' || peek() == '[') return open(peek() == '[', names);
    const std::size_t line = line_;
    std::string value;
    if (peek() == '"' || peek() == '\'') {
      if (const Problem problem = read_quoted(value); !problem.empty()) return problem;
    } else if (sees("<<")) {
      if (const Problem problem = read_long_text(value); !problem.empty()) return problem;
    } else {
      value = read_bare(false);
      if (value.empty()) return "has a name without a value";
    }
    add(std::move(value), line);
    return {};
  }

  void add(std::string value, std::size_t line) {
    values_.push_back({path_, std::move(value), line});
    path_.pop_back();
  }

  Problem read_quoted(std::string& text) {
    const char quote = peek();
    step();
    while (!at_end() && peek() != quote) {
      if (peek() == '\n' && quote == '"') return "has a quote without its end";
      const bool escaped = peek() == '\\' && at_ + 1 < text_.size();
      if (escaped) step();
      text += escaped ? unescape(peek(), quote) : peek();
      step();
    }
    if (at_end()) return "has a quote without its end";
    step();
    return {};
  }

  static char unescape(char c, char quote) {
    if (quote == '\'') return c;
    if (c == 'n') return '\n';
    if (c == 't') return '\t';
    return c == 'r' ? '\r' : c;
  }

  // "<<EOD", lines, and EOD on a line of its own.
  Problem read_long_text(std::string& text) {
    at_ += 2;
    const std::size_t begin = at_;
    while (!at_end() && ascii::is_alpha(peek())) ++at_;
    const std::string_view tag = text_.substr(begin, at_ - begin);
    if (tag.empty() || peek() != '\n') return "has << without a word after it";
    step();
    while (!at_end()) {
      const std::size_t start = at_;
      skip_line();
      const std::string_view line = text_.substr(start, at_ - start);
      if (ascii::trim(line) == tag) {
        if (text.ends_with('\n')) text.pop_back();
        return {};
      }
      text.append(line).append(1, '\n');
      if (!at_end()) step();
    }
    return "has a << text without its end";
  }

  // Up to the end of the line or of the value; a "${NAME}" belongs to it.
  std::string read_bare(bool stops_at_block) {
    const std::size_t begin = at_;
    bool in_variable = false;
    while (!at_end()) {
      const char c = peek();
      if (in_variable && c == '}') {
        in_variable = false;
      } else if (c == '\n' || c == ';' || c == ',' || c == '#' || c == '}' || c == ']') {
        break;
      } else if (c == '{') {
        if (at_ == begin || text_[at_ - 1] != '$') {
          if (stops_at_block) break;
        } else {
          in_variable = true;
        }
      }
      ++at_;
    }
    return std::string(ascii::trim(text_.substr(begin, at_ - begin)));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::vector<Block> blocks_;
  std::vector<std::string> path_;
  std::vector<UclValue> values_;
};

}  // namespace

Expected<std::vector<UclValue>, UclError> parse_ucl(std::string_view text) {
  return Reader(text).read();
}

}  // namespace postern::keyring
