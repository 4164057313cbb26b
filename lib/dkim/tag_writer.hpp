// Writing of tag lists as folded header field bodies (RFC 6376 §3.2, RFC 5322 §2.1.1).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::dkim {

/// Builds a field body tag by tag: it begins with a space, is folded with CRLF and tab, and has no
/// line over max_line_size unless one value that must not be broken is longer by itself.
class TagWriter {
 public:
  /// Octets of a line without CRLF, the field name and its colon included in the first one.
  static constexpr std::size_t max_line_size = 78;

  explicit TagWriter(std::string_view field_name) : column_(field_name.size() + 1) {}

  /// \param value  Of the grammar of its tag; stays on one line.
  void add(std::string_view name, std::string_view value);
  /// Items joined by colons; lines may end after a colon.
  void add_list(std::string_view name, const std::vector<std::string>& items);
  /// A last tag without value, on a line of its own: what a signature is over (RFC 6376 §3.7).
  void add_empty(std::string_view name);
  /// Gives the last tag its value, base64 that may be broken anywhere.
  void append_base64(std::string_view text);

  [[nodiscard]] const std::string& body() const { return body_; }

 private:
  // Begins a tag of which `size` octets must stay together.
  void begin_tag(std::string_view name, std::size_t size);
  void put(std::string_view text);
  void fold();

  std::string body_;
  std::size_t column_;  // octets of the last line
};

}  // namespace postern::dkim
