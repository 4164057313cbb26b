// Netstrings: octets with their number in front, "5:hello,", read from a stream as they come.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern::socketmap {

/// Octets of one netstring; what Postfix reads at most (socketmap_table(5)).
inline constexpr std::size_t max_netstring_size = 100'000;

/// \param content  At most max_netstring_size octets; the rest is cut.
[[nodiscard]] std::string format_netstring(std::string_view content);

/// Cuts what a stream brings into netstrings, whatever the pieces in which it comes.
class NetstringReader {
 public:
  /// \param limit  Octets of one netstring, at most max_netstring_size; more is an error.
  explicit NetstringReader(std::size_t limit = max_netstring_size);

  /// Adds octets. The caller takes all netstrings with next() before it adds more, so that memory
  /// stays bounded by one netstring and one piece.
  void feed(std::string_view bytes);

  /// The content of the next netstring; nothing while it is not complete, and after an error.
  [[nodiscard]] std::optional<std::string> next();

  /// What came is no netstring: the stream cannot be read any further and is to be closed.
  [[nodiscard]] bool has_failed() const { return failed_; }
  /// Whether a part of a netstring waits for the rest.
  [[nodiscard]] bool is_amid() const { return !failed_ && at_ < buffer_.size(); }

 private:
  bool read_head();
  void compact();

  std::size_t limit_;
  std::string buffer_;
  std::size_t at_ = 0;     // of the first octet not yet read in buffer_
  bool has_head_ = false;  // at_ is that of the content, and size_ its size
  std::size_t size_ = 0;
  bool failed_ = false;
};

}  // namespace postern::socketmap
