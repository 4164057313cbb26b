// HTML cut into tags, text, and comments just as HTML::Parser 3.81 does it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/text/perl_string.hpp"

namespace postern::antispam {

struct HtmlAttribute {
  std::string name;  ///< Lower case.
  PerlString value;  ///< Without quotes and entities; the name as written where there is none.
};

/// Of one tag, each name once, in their order.
class HtmlAttributes {
 public:
  void add(std::string name, PerlString value);
  /// nullptr: there is none.
  [[nodiscard]] const PerlString* find(std::string_view name) const;
  void set(std::string_view name, PerlString value);
  [[nodiscard]] const std::vector<HtmlAttribute>& all() const { return all_; }

 private:
  std::vector<HtmlAttribute> all_;
};

/// Attributes of one tag beyond this number are left out.
constexpr std::size_t max_html_attributes = 64;

/// What the tokenizer finds.
class HtmlHandler {
 public:
  HtmlHandler() = default;
  HtmlHandler(const HtmlHandler&) = delete;
  HtmlHandler& operator=(const HtmlHandler&) = delete;
  virtual ~HtmlHandler() = default;

  // False: nothing more is to be read.
  virtual bool start_tag(std::string tag, HtmlAttributes& attributes) = 0;
  virtual bool end_tag(std::string tag) = 0;
  virtual void text(PerlString text) = 0;
  virtual void comment(std::string_view text) = 0;
  virtual void declaration(std::string_view text) = 0;
};

/// Linear in what is fed.
class HtmlTokenizer {
 public:
  HtmlTokenizer(bool is_characters, HtmlHandler& handler)
      : is_characters_(is_characters), handler_(handler) {}

  void parse(std::string_view chunk);
  void end();

 private:
  // What a marked section, "<![CDATA[ … ]]>", does to its text; the greatest one counts.
  enum class Section { none, include, rcdata, cdata, ignore };

  [[nodiscard]] char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  [[nodiscard]] std::string_view between(std::size_t begin, std::size_t end) const {
    return std::string_view(text_).substr(begin, end - begin);
  }
  // Each takes where it begins, and gives where it ends; npos: it is something else; the beginning:
  // more text is needed.
  [[nodiscard]] std::size_t read(std::size_t begin);
  [[nodiscard]] bool read_literal(std::size_t& from, std::size_t& i);
  [[nodiscard]] bool read_section_text(std::size_t& from, std::size_t& i);
  [[nodiscard]] bool read_text(std::size_t& from, std::size_t& i);
  [[nodiscard]] std::size_t text_end(std::size_t from, std::size_t end) const;
  [[nodiscard]] std::size_t read_markup(std::size_t begin);
  [[nodiscard]] std::size_t read_start(std::size_t begin);
  [[nodiscard]] std::size_t read_attribute(std::size_t begin, HtmlAttributes& attributes);
  [[nodiscard]] std::size_t read_end(std::size_t begin);
  [[nodiscard]] std::size_t read_declaration(std::size_t begin);
  [[nodiscard]] std::size_t read_doctype(std::size_t begin);
  [[nodiscard]] std::size_t declaration_end(std::size_t i) const;
  [[nodiscard]] std::size_t read_comment(std::size_t begin);
  [[nodiscard]] std::size_t read_bad_declaration(std::size_t begin);
  [[nodiscard]] std::size_t read_section(std::size_t begin);
  [[nodiscard]] std::size_t skip_section_comment(std::size_t i) const;
  [[nodiscard]] std::size_t skip_until_gt(std::size_t i) const;
  [[nodiscard]] std::size_t skip_space(std::size_t i) const;

  void end_section();
  void update_section();
  void begin_literal(std::string_view tag);
  void report_text(std::string_view text);
  void report_comment(std::string_view text);
  void report_end(std::string_view tag);
  void report_pending_end();
  [[nodiscard]] bool end_literal(std::size_t& from);
  [[nodiscard]] bool is_ignored() const { return is_stopped_ || section_ == Section::ignore; }

  bool is_characters_;
  HtmlHandler& handler_;
  std::string text_;                       // what has not been read yet
  std::string_view literal_;               // the element in which tags are text
  bool is_ending_ = false;                 // nothing more comes
  std::vector<std::string_view> endless_;  // literal elements that have no end in the rest
  bool is_cdata_ = false;                  // entities are text
  bool ends_comment_at_gt_ = false;        // "--" was looked for in vain
  std::string_view pending_end_;           // an element that ends before the next tag
  std::vector<Section> sections_;          // each the greatest of those around it and itself
  Section section_ = Section::none;
  bool is_stopped_ = false;
};

}  // namespace postern::antispam
