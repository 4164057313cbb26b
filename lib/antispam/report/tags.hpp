// The tags of templates, such as _SCORE_ (Mail::SpamAssassin::Conf(3pm), TEMPLATE TAGS).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/report/spam_verdict.hpp"
#include "lib/antispam/rules/options.hpp"

namespace postern::antispam {

/// All that tags can name. Everything borrowed outlives it.
struct TagSource {
  const Options& options;
  const SpamVerdict& verdict;
  std::string hostname;    ///< Where no report_hostname is set.
  std::string date;        ///< RFC 5322 date-time of now.
  std::string subversion;  ///< Who we are: in place of the date of SpamAssassin's release.
  std::span<const std::string> body;  ///< Lines as body rules see them, with the subject first.
  bool is_body_utf8 = false;
  std::string remote_hostname = "localhost", remote_address = "127.0.0.1";
  /// Value of a header field of the message, for _HEADER(NAME)_; may be empty.
  std::function<std::string(std::string_view)> header = {};
};

/// Puts values in place of tags; what is no tag, or not known, stays. Linear but for templates that
/// hold many open brackets; those are the operator's.
[[nodiscard]] std::string replace_tags(std::string_view text, const TagSource& source);

/// The first lines of the body for a report.
[[nodiscard]] std::string content_preview(const TagSource& source);

/// One line for each rule that hit, in the form of the report template's table (_SUMMARY_) and in
/// that of headers (_REPORT_).
[[nodiscard]] std::string hit_summary(const TagSource& source);
[[nodiscard]] std::string hit_report(const TagSource& source);

}  // namespace postern::antispam
