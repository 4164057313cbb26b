// The links of an HTML part (Mail::SpamAssassin::HTML::html_uri, push_uri).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lib/antispam/html/results.hpp"
#include "lib/antispam/html/tokenizer.hpp"

namespace postern::antispam {

constexpr std::size_t max_html_uri_size = 8192;  ///< Characters; what is longer is cut.

// Octets of all links of a part together.
constexpr std::size_t min_html_links_size = 256 * 1024;
constexpr std::size_t html_links_per_octet = 8;
// Octets gone through to resolve them, by octet of the above.
constexpr std::size_t html_link_work = 2;

/// Without white space and no-break spaces at its ends, and cut.
[[nodiscard]] PerlString trimmed_uri(const PerlString& uri, bool& is_cut);

class LinkCollector {
 public:
  /// A <base> makes long links of short ones: all that are kept together have a limit that grows
  /// with the source. \param source_size  Octets of the part.
  explicit LinkCollector(std::size_t source_size)
      : octets_left_(min_html_links_size + html_links_per_octet * source_size),
        work_left_(html_link_work * octets_left_) {}

  /// Attributes of a start tag that name URIs. A broken "x/href" becomes "href".
  void read_tag(std::string_view tag, HtmlAttributes& attributes);
  /// <a>: text that follows belongs to it.
  void begin_anchor(const HtmlAttributes& attributes);
  void add_anchor_text(const PerlString& text);

  [[nodiscard]] std::vector<HtmlLink> take() { return std::move(links_); }
  [[nodiscard]] bool is_truncated() const { return is_truncated_; }
  [[nodiscard]] bool has_too_many() const { return has_too_many_; }

 private:
  void add(std::string_view tag, const PerlString& uri);
  void add_attribute(std::string_view tag, const HtmlAttributes& attributes, std::string_view name);
  void read_base(const HtmlAttributes& attributes);
  void read_refresh(const HtmlAttributes& attributes);
  // nullptr: there are too many.
  [[nodiscard]] HtmlLink* link(const PerlString& uri);
  [[nodiscard]] HtmlLink* spare_link(const PerlString& uri);

  std::vector<HtmlLink> links_;
  std::unordered_map<std::string, std::size_t> places_;  // by the URI's characters
  PerlString base_;
  std::size_t anchor_ = 0;  // of links_
  bool has_anchor_ = false;
  std::size_t anchors_ = 0;
  bool is_truncated_ = false;
  bool has_too_many_ = false;
  std::unordered_set<std::string> hosts_;  // once there are too many
  std::size_t spare_ = 0;
  std::size_t octets_left_;
  std::size_t work_left_;
};

}  // namespace postern::antispam
