// Text as it comes out of HTML, stretch by stretch (Mail::SpamAssassin::HTML::display_text).
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "lib/antispam/html/results.hpp"
#include "lib/antispam/text/perl_string.hpp"

namespace postern::antispam {

class RenderedRuns {
 public:
  /// Nothing but white space and no-break spaces, as far as SpamAssassin sees the latter.
  [[nodiscard]] static bool is_blank(const PerlString& text);

  /// For a tag; nothing if empty.
  void add_space(std::string_view space);
  void add_text(PerlString text, bool is_invisible);

  /// Words that a tag cuts.
  [[nodiscard]] std::size_t obfuscations() const { return obfuscations_; }
  /// Different lengths of short words that a tag joins.
  [[nodiscard]] std::size_t backhairs() const { return backhairs_.size(); }
  [[nodiscard]] RenderedHtml take();

 private:
  struct Run {
    PerlString text;
    bool is_space = false;
    bool is_invisible = false;
  };
  void look_for_cut_words(const PerlString& text);
  void push(Run run);
  void end_last();

  std::optional<Run> last_;  // what follows can still change it
  RenderedHtml html_;        // all before
  bool has_invisible_ = false;
  std::size_t obfuscations_ = 0;
  std::set<std::pair<std::size_t, std::size_t>> backhairs_;
};

}  // namespace postern::antispam
