#include "lib/antispam/evals/alternatives.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "lib/antispam/evals/unicode_words.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/mail/utf8.hpp"

namespace postern::antispam {
namespace {

bool has_word_character(std::string_view word, bool is_characters) {
  if (std::any_of(word.begin(), word.end(), is_word_octet)) return true;
  while (is_characters && !word.empty()) {
    const mail::Utf8Char next = mail::first_utf8_char(word);
    if (next.code >= 0x80 && is_wide_word_character(next.code)) return true;
    word.remove_prefix(next.size);
  }
  return false;
}

std::size_t space_at(std::string_view rest, bool is_characters) {
  if (is_space_octet(rest.front())) return 1;
  return is_characters && !is_ascii_octet(rest.front()) ? leading_space(rest) : 0;
}

bool is_type(std::string_view type, std::string_view start) {
  return type.starts_with(start) &&
         (type.size() == start.size() || !is_word_octet(type[start.size()]));
}

/// An invitation: HTML and a calendar have nothing to say in common.
bool is_invitation(const MimeNode& root) {
  return root.type == "multipart/alternative" && root.children.size() == 2 &&
         root.children[0]->is_leaf() && root.children[0]->type == "text/html" &&
         root.children[1]->is_leaf() && root.children[1]->type == "text/calendar";
}

/// Words and how often each stands, in the order of words.
using Counts = std::vector<std::pair<std::string_view, std::size_t>>;

Counts count_words(std::vector<std::string_view> words) {
  std::sort(words.begin(), words.end());
  Counts counts;
  for (const std::string_view word : words) {
    if (counts.empty() || counts.back().first != word) counts.emplace_back(word, 0);
    ++counts.back().second;
  }
  return counts;
}

/// Words of `html` that `text` has less often.
std::size_t count_missing(const Counts& html, const Counts& text) {
  std::size_t missing = 0;
  auto other = text.begin();
  for (const auto& [word, count] : html) {
    while (other != text.end() && other->first < word) ++other;
    if (other == text.end() || other->first != word || count > other->second) ++missing;
  }
  return missing;
}

/// The leaves of one multipart/alternative, HTML and text apart.
class PartWords {
 public:
  explicit PartWords(const MimeNode& part) {
    for (const MimeNode* node : nodes_of(part)) {
      if (is_type(node->type, "text") && node->rendered) add(*node);
    }
  }

  [[nodiscard]] Counts html() const { return count_words(html_); }
  [[nodiscard]] Counts text() const { return count_words(text_); }

 private:
  void add(const MimeNode& node) {
    const bool is_html = node.rendered_type == "text/html";
    std::vector<std::string_view>& words = is_html ? html_ : text_;
    const PerlString& rendered = *node.rendered;
    std::string_view text = rendered.bytes;
    if (!rendered.is_characters && !is_all_ascii(text)) {
      text = upgraded_.emplace_back(upgraded(text));  // so that both kinds compare as characters
    }
    const std::vector<std::string_view> found = words_of(text, rendered.is_characters);
    words.insert(words.end(), found.begin(), found.end());
    if (is_html && html_.empty() && node.html && node.html->inside.contains("img")) {
      html_ = {"\n"};  // a picture stands for the words
    }
  }

  std::deque<std::string> upgraded_;
  std::vector<std::string_view> html_, text_;
};

}  // namespace

std::vector<std::string_view> words_of(std::string_view text, bool is_characters) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  const auto add = [&](std::size_t end) {
    const std::string_view word = text.substr(begin, end - begin);
    if (has_word_character(word, is_characters)) words.push_back(word);
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t space = space_at(text.substr(at), is_characters);
    if (space > 0) add(at);
    at += std::max<std::size_t>(space, 1);
    if (space > 0) begin = at;
  }
  add(text.size());
  return words;
}

std::vector<const MimeNode*> nodes_of(const MimeNode& node) {
  std::vector<const MimeNode*> found;
  std::vector<const MimeNode*> open = {&node};
  while (!open.empty()) {
    const MimeNode* next = open.back();
    open.pop_back();
    found.push_back(next);
    for (auto child = next->children.rbegin(); child != next->children.rend(); ++child) {
      open.push_back(child->get());
    }
  }
  return found;
}

AlternativesDifference compare_alternatives(RenderedMessage& message) {
  AlternativesDifference difference;
  const MimeNode& root = message.root();
  if (is_invitation(root)) return difference;
  static_cast<void>(message.body());  // renders the leaves
  for (const MimeNode* part : message.nodes()) {
    if (!is_type(part->type, "multipart/alternative")) continue;
    const PartWords words(*part);
    const Counts html = words.html();
    if (html.empty()) continue;
    const Counts text = words.text();
    difference.html_words = html.size();
    difference.text_words = text.size();
    const double percent =
        static_cast<double>(count_missing(html, text)) / static_cast<double>(html.size()) * 100;
    difference.percent = std::max(difference.percent, percent);
  }
  return difference;
}

}  // namespace postern::antispam
