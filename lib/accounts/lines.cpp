#include "lib/accounts/lines.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"

namespace postern::accounts {
namespace {

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
}

bool is_comment(std::string_view line, bool indented) {
  const std::string_view text = indented ? ascii::trim(line) : line;
  return text.empty() || text.front() == '#';
}

}  // namespace

Unexpected<FileProblem> FileLines::refuse(std::string problem) const {
  return Unexpected<FileProblem>(FileProblem{number_, std::move(problem)});
}

Expected<bool, FileProblem> FileLines::next(bool indented) {
  before_.clear();
  while (!rest_.empty()) {
    const std::size_t size = rest_.find('\n');
    ++number_;
    if (size == rest_.npos) return refuse("the last line has no end; the file may have been cut");
    line_ = rest_.substr(0, size);
    rest_.remove_prefix(size + 1);
    if (line_.size() > max_line_size) return refuse("the line is too long");
    if (std::any_of(line_.begin(), line_.end(), is_control)) {
      return refuse("a control character is in the line; take it out");
    }
    if (!is_comment(line_, indented)) return true;
    before_.append(line_).append("\n");
  }
  return false;
}

}  // namespace postern::accounts
