// The parts whose end has not been seen, and whose delimiter line a line is (RFC 2046 §5.1.1).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

struct OpenPart {
  std::size_t part = 0;                 ///< Position in MimeTree::parts.
  std::size_t body_begin = 0;           ///< Offset.
  std::vector<std::string> boundaries;  ///< Empty unless it is a multipart.
  bool has_delimiter = false;           ///< A delimiter line was seen.
  bool has_ended = false;               ///< The last delimiter line was seen: the epilogue.
};

enum class Delimiter { none, next, last };

struct DelimiterLine {
  Delimiter kind = Delimiter::none;
  std::size_t position = 0;  ///< Of its multipart among the open parts.
  bool is_late = false;      ///< If none: a multipart that has ended would know the line.
  bool is_near = false;      ///< If none: it begins like one of the innermost multipart.
};

/// A stack in which each part is the parent of the next. The cost of find() does not depend on how
/// many parts are open but by a logarithm.
class OpenParts {
 public:
  void push(OpenPart part);
  void pop();
  [[nodiscard]] bool empty() const { return parts_.empty(); }
  [[nodiscard]] std::size_t size() const { return parts_.size(); }
  [[nodiscard]] const OpenPart& back() const { return parts_.back(); }
  [[nodiscard]] OpenPart& at(std::size_t position) { return parts_[position]; }
  [[nodiscard]] bool has_multipart() const { return !by_boundary_.empty(); }
  /// Whether an open multipart has one of these boundaries.
  [[nodiscard]] bool knows_any(const std::vector<std::string>& boundaries) const;

  /// What a line that begins with "--" is. The innermost multipart that has not ended comes first.
  [[nodiscard]] DelimiterLine find(std::string_view line) const;

 private:
  void find_innermost(std::string_view boundary, Delimiter kind, DelimiterLine& found) const;
  [[nodiscard]] bool is_near(std::string_view line) const;

  std::vector<OpenPart> parts_;
  // Positions in parts_ of the multiparts that have a boundary, from the outermost inwards.
  std::map<std::string, std::vector<std::size_t>, std::less<>> by_boundary_;
};

}  // namespace postern::mail
