// The content of a message, taken apart once for all checks that look into it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/attachment.hpp"
#include "lib/mail/header_section.hpp"
#include "lib/mail/limits.hpp"
#include "lib/mail/mime.hpp"

namespace postern::checks {

/// Whoever asks first pays. Everything borrowed outlives it.
class Content {
 public:
  /// \param is_cut  Whether the body went on beyond limits.body_size.
  Content(const mail::HeaderSection& header, std::string_view header_text, std::string_view body,
          bool is_cut, const mail::Limits& limits)
      : header_(header), header_text_(header_text), body_(body), is_cut_(is_cut), limits_(limits) {}

  [[nodiscard]] std::string_view header_text() const { return header_text_; }  ///< Ends with CRLF.
  [[nodiscard]] std::string_view body() const { return body_; }
  [[nodiscard]] bool is_cut() const { return is_cut_; }
  [[nodiscard]] const mail::MimeTree& tree();
  [[nodiscard]] const std::vector<mail::Attachment>& attachments();
  /// Settings because of whose limit an attachment may go unseen, such as "mime.depth".
  [[nodiscard]] std::vector<std::string> hiding_limits();

 private:
  const mail::HeaderSection& header_;
  std::string_view header_text_;
  std::string_view body_;
  bool is_cut_;
  mail::Limits limits_;
  std::optional<mail::MimeTree> tree_;
  std::optional<std::vector<mail::Attachment>> attachments_;
};

}  // namespace postern::checks
