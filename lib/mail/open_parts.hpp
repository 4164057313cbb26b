// The parts whose end has not been seen, and whose delimiter line a line is (RFC 2046 §5.1.1).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

struct Boundary {
  std::string text;
  bool has_ended = false;  ///< Its last delimiter line was seen.
};

struct OpenPart {
  std::size_t part = 0;              ///< Position in MimeTree::parts.
  std::size_t body_begin = 0;        ///< Offset.
  std::vector<Boundary> boundaries;  ///< Empty unless it is a multipart.
  bool has_delimiter = false;        ///< A delimiter line was seen.

  [[nodiscard]] bool is_multipart() const { return !boundaries.empty(); }
  /// Whether only the epilogue is left, whichever boundary is the right one.
  [[nodiscard]] bool has_ended() const;
};

enum class Delimiter { none, next, last };

struct DelimiterLine {
  Delimiter kind = Delimiter::none;
  std::size_t part = 0;      ///< Position of its multipart among the open parts.
  std::size_t boundary = 0;  ///< Position in OpenPart::boundaries.
  bool is_late = false;      ///< The boundary has ended before.
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
  /// Whether an open multipart has this boundary.
  [[nodiscard]] bool knows(std::string_view boundary) const;

  /// What a line that begins with "--" is. The innermost multipart comes first, but one whose
  /// boundary has ended comes after all others.
  [[nodiscard]] DelimiterLine find(std::string_view line) const;

 private:
  struct Place {
    std::size_t part;
    std::size_t boundary;
  };
  [[nodiscard]] bool has_ended(const Place& place) const;
  void find_innermost(std::string_view boundary, Delimiter kind, DelimiterLine& found) const;
  [[nodiscard]] bool is_near(std::string_view line) const;

  std::vector<OpenPart> parts_;
  // Where a boundary stands, from the outermost multipart inwards.
  std::map<std::string, std::vector<Place>, std::less<>> by_boundary_;
};

}  // namespace postern::mail
