// <TAG> in patterns of rules that replace_rules names (Mail::SpamAssassin::Plugin::ReplaceTags).
#include <algorithm>

#include "lib/antispam/rules/load_state.hpp"

namespace postern::antispam {
namespace {

constexpr int max_passes = 6;
// SpamAssassin's patterns begin so at this point. No element of theirs is empty at the front then,
// which decides where replace_inter has an effect.
constexpr std::string_view perl_prefix = "(?aa)";

class Replacer {
 public:
  explicit Replacer(const ReplaceTags& tags) : tags_(tags) {}

  /// False: it would be too long.
  bool run(std::string& pattern) {
    std::string text(perl_prefix);
    text += pattern;
    int pass = 0;
    bool again = true;
    while (again && pass++ < max_passes) {
      again = false;
      if (!run_pass(text, again)) return false;
    }
    pattern = text.substr(perl_prefix.size());
    return true;
  }

 private:
  struct Place {
    std::size_t begin = 0, end = 0;  // with its marks
    std::string_view name;
  };

  // The first "<NAME>" at or after `from`; NAME is not empty, but may hold anything.
  std::optional<Place> find_tag(std::string_view text, std::size_t from) const {
    const std::size_t begin = text.find(tags_.start, from);
    if (begin == text.npos) return std::nullopt;
    const std::size_t name = begin + tags_.start.size();
    const std::size_t end = name < text.size() ? text.find(tags_.end, name + 1) : text.npos;
    if (end == text.npos) return std::nullopt;
    return Place{begin, end + tags_.end.size(), text.substr(name, end - name)};
  }

  // Takes the first "<WORD NAME>" out and gives what NAME stands for.
  std::string take_modifier(std::string& text, std::string_view word,
                            const ByName<std::string>& values) const {
    const std::string open = tags_.start + std::string(word) + " ";
    const std::size_t begin = text.find(open);
    const std::size_t name = begin + open.size();
    if (begin == text.npos || name >= text.size()) return {};
    const std::size_t end = text.find(tags_.end, name + 1);
    if (end == text.npos) return {};
    const auto value = values.find(std::string_view(text).substr(name, end - name));
    text.erase(begin, end + tags_.end.size() - begin);
    return value == values.end() || value->second == "0" ? std::string() : value->second;
  }

  // Text and tags in turn: "a<B>c" is "a", "<B>", "c"; two tags have an empty text between.
  static std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> elements;
    std::size_t from = 0;
    for (std::size_t at = text.find('<'); at != text.npos;) {
      const std::size_t end = text.find_first_of("<>", at + 1);
      if (end == text.npos) break;
      if (text[end] == '<' || end == at + 1) {
        at = text[end] == '<' ? end : text.find('<', end);
        continue;
      }
      elements.emplace_back(text.substr(from, at - from));
      elements.emplace_back(text.substr(at, end + 1 - at));
      from = end + 1;
      at = text.find('<', from);
    }
    if (from < text.size()) elements.emplace_back(text.substr(from));
    return elements;
  }

  void add_after_each_tag(std::string& element, const std::string& post) const {
    std::string out;
    std::size_t from = 0;
    while (out.size() <= max_pattern_size) {
      const auto tag = find_tag(element, from);
      if (!tag) break;
      out.append(element, from, tag->end - from).append(post);
      from = tag->end;
    }
    element = out.append(element, from);
  }

  // The first tag of an element, wherever it stands in it, by its replacement.
  void replace_in(std::string& element, bool& again) const {
    const auto tag = find_tag(element, 0);
    if (!tag) return;
    const auto value = tags_.tag.find(tag->name);
    if (value == tags_.tag.end() || value->second.empty() || value->second == "0") return;
    const std::string written = element.substr(tag->begin, tag->end - tag->begin);
    std::string out;
    std::size_t from = 0;
    for (std::size_t at = element.find(written);
         at != element.npos && out.size() <= max_pattern_size; at = element.find(written, from)) {
      out.append(element, from, at - from).append(value->second);
      from = at + written.size();
    }
    element = out.append(element, from);
    const std::size_t open = value->second.find('<');
    again = again || (open != value->second.npos && open + 1 < value->second.size() &&
                      value->second.find('>', open + 2) != value->second.npos);
  }

  bool run_pass(std::string& text, bool& again) const {
    const std::string pre = take_modifier(text, "pre", tags_.pre);
    const std::string post = take_modifier(text, "post", tags_.post);
    const std::string inter = take_modifier(text, "inter", tags_.inter);
    std::string out;
    for (std::string& element : split(text)) {
      if (!pre.empty()) {
        if (const auto tag = find_tag(element, 0)) element.insert(tag->begin, pre);
      }
      if (!post.empty()) add_after_each_tag(element, post);
      if (element.empty()) element = inter;
      replace_in(element, again);
      out += element;
      if (out.size() > max_pattern_size) return false;
    }
    text = std::move(out);
    return true;
  }

  const ReplaceTags& tags_;
};

std::string* pattern_of(Definition& definition) {
  if (auto* text = std::get_if<TextTest>(&definition.test)) return &text->pattern;
  auto* header = std::get_if<HeaderTest>(&definition.test);
  return header != nullptr && !header->of_parts && !header->exists ? &header->pattern : nullptr;
}

}  // namespace

void replace_tags(LoadState& state) {
  std::size_t total = 0;
  for (const std::string& name : state.replace.rules) {
    const auto found = state.definitions.find(name);
    std::string* pattern = found != state.definitions.end() ? pattern_of(found->second) : nullptr;
    if (pattern == nullptr) continue;  // SpamAssassin takes no notice either
    std::string replaced = *pattern;
    if (!Replacer(state.replace).run(replaced) || total + replaced.size() > max_patterns_size) {
      state.warn_at(found->second.source,
                    "the pattern of " + name + " becomes too long by its tags; use fewer");
      continue;
    }
    total += replaced.size();
    *pattern = with_perl_quantifiers(replaced);
  }
}

}  // namespace postern::antispam
