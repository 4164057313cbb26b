#include "lib/antispam/html/render_html.hpp"

#include <algorithm>
#include <utility>

#include "lib/antispam/html/link_collector.hpp"
#include "lib/antispam/html/rendered_runs.hpp"
#include "lib/antispam/html/source_edits.hpp"
#include "lib/antispam/html/tag_names.hpp"
#include "lib/antispam/html/text_style.hpp"
#include "lib/antispam/html/tokenizer.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

std::string_view bytes_of(const PerlString* text) {
  return text == nullptr ? std::string_view() : std::string_view(text->bytes);
}

class Renderer final : public HtmlHandler {
 public:
  explicit Renderer(std::size_t source_size) : links_(source_size) {}

  bool start_tag(std::string tag, HtmlAttributes& attributes) override {
    count(tag, 1);
    if (is_namespaced_tag(tag) || !is_rendered_tag(tag)) return true;
    if (StyleStack::is_styling(tag) && !styles_.open(tag, attributes)) {
      is_broken_ = true;
      return false;
    }
    runs_.add_space(tag_space(tag));
    links_.read_tag(tag, attributes);
    look_at(tag, attributes);
    return true;
  }

  bool end_tag(std::string tag) override {
    count(tag, -1);
    if (is_namespaced_tag(tag) || !is_rendered_tag(tag)) return true;
    if (StyleStack::is_styling(tag)) styles_.close(tag);
    runs_.add_space(tag_space(tag));
    return true;
  }

  void text(PerlString text) override {
    if (is_inside("script")) {
      keep("script", std::move(text));
      return;
    }
    if (is_inside("style")) return;
    if (is_inside("a")) links_.add_anchor_text(text);
    if (is_inside("title") && !titles_.empty()) append(titles_.back(), text);
    const bool is_invisible = !RenderedRuns::is_blank(text) && looks_invisible();
    runs_.add_text(std::move(text), is_invisible);
  }

  void comment(std::string_view text) override {
    keep("comment", {std::string(text), is_characters_});
  }

  void declaration(std::string_view text) override {
    if (!ascii::starts_with_ignoring_case(text, "<!doctype")) return;
    ++elements_;
    ++tags_;
    results_.inside["!doctype"] = 0;
  }

  RenderedHtml run(const PerlString& source) {
    is_characters_ = source.is_characters;
    results_.numbers["html"] = 1;
    HtmlTokenizer tokenizer(is_characters_, *this);
    tokenizer.parse(edited_source(source));
    // What a message that was cut leaves open.
    for (const std::string_view tag : {"style", "script"}) {
      if (is_inside(tag)) tokenizer.parse("</" + std::string(tag) + ">");
    }
    tokenizer.end();
    if (!is_broken_) finish(source);
    RenderedHtml html = runs_.take();
    html.results = std::move(results_);
    return html;
  }

 private:
  [[nodiscard]] bool is_inside(std::string_view tag) const {
    const auto found = results_.inside.find(tag);
    return found != results_.inside.end() && found->second > 0;
  }

  void keep(std::string_view name, PerlString text) {
    std::vector<PerlString>& texts = results_.texts[std::string(name)];
    if (texts.size() < max_html_texts) texts.push_back(std::move(text));
  }

  void count(const std::string& tag, int change) {
    auto place = results_.inside.find(tag);
    const bool is_new = place == results_.inside.end();
    if (is_element(tag) || is_namespaced_tag(tag)) {
      ++elements_;
      elements_seen_ += is_new ? 1 : 0;
    }
    ++tags_;
    tags_seen_ += is_new ? 1 : 0;
    if (is_new) {
      if (results_.inside.size() >= max_html_tags) return;
      place = results_.inside.emplace(tag, 0).first;
    }
    place->second += change;
    if (place->second < 0) {
      place->second = 0;
      ++closed_extra_;
    }
  }

  bool looks_invisible() {
    switch (styles_.visibility()) {
      case Invisible::no: return false;
      case Invisible::low_contrast: results_.numbers["font_low_contrast"] = 1; return true;
      case Invisible::invalid_color: results_.numbers["font_invalid_color"] = 1; return true;
      case Invisible::small:
      case Invisible::hidden: return true;
    }
    return false;
  }

  // What eval rules want to know of start tags.
  void look_at(std::string_view tag, const HtmlAttributes& attributes) {
    if (tag == "font") {
      const PerlString* const face = attributes.find("face");
      if (face != nullptr && !is_good_font_face(face->bytes)) results_.numbers["font_face_bad"] = 1;
    } else if (tag == "img") {
      if (is_inside("a")) links_.add_anchor_text({"<img>\n", false});
      add_image_area(attributes);
    } else if (tag == "form") {
      const std::string action = ascii::to_lower(bytes_of(attributes.find("action")));
      if (action.find("mailto:") != action.npos) results_.numbers["form_action_mailto"] = 1;
    } else if (tag == "object" || tag == "embed") {
      results_.numbers["embeds"] = 1;
    } else if (tag == "a") {
      links_.begin_anchor(attributes);
    } else if (tag == "title") {
      if (titles_.size() < max_html_texts) titles_.emplace_back();
    }
  }

  void add_image_area(const HtmlAttributes& attributes) {
    const PerlString* const width = attributes.find("width");
    const PerlString* const height = attributes.find("height");
    if (width == nullptr || height == nullptr) return;
    image_area_ += image_side(width->bytes, 8) * image_side(height->bytes, 6);
  }

  void finish(const PerlString& source) {
    const auto set = [this](std::string_view name, double value) {
      results_.numbers[std::string(name)] = value;
    };
    set("image_area", image_area_);
    set("length", static_cast<double>(source.is_characters ? count_characters(source.bytes)
                                                           : source.bytes.size()));
    set("min_size", styles_.min_size());
    set("max_size", styles_.max_size());
    if (tags_ > 0) set("closed_extra_ratio", closed_extra_ / tags_);
    if (tags_ > 0 && elements_ > 0) set("bad_tag_ratio", (tags_ - elements_) / tags_);
    if (tags_seen_ > 0 && elements_seen_ > 0) {
      set("non_element_ratio", (tags_seen_ - elements_seen_) / tags_seen_);
    }
    if (tags_ > 0 && runs_.obfuscations() > 0) {
      set("obfuscation_ratio", static_cast<double>(runs_.obfuscations()) / tags_);
    }
    if (runs_.backhairs() > 0) set("backhair_count", static_cast<double>(runs_.backhairs()));
    if (links_.is_truncated()) set("uri_truncated", 1);
    results_.has_too_many_links = links_.has_too_many();
    results_.links = links_.take();
    if (!titles_.empty()) results_.texts["title"] = std::move(titles_);
  }

  bool is_characters_ = false;
  bool is_broken_ = false;  // SpamAssassin's parser died, and left nothing but the text so far
  HtmlResults results_;
  StyleStack styles_;
  RenderedRuns runs_;
  LinkCollector links_;
  std::vector<PerlString> titles_;
  double elements_ = 0, elements_seen_ = 0, tags_ = 0, tags_seen_ = 0, closed_extra_ = 0;
  double image_area_ = 0;
};

}  // namespace

RenderedHtml render_html(const PerlString& source) {
  return Renderer(source.bytes.size()).run(source);
}

}  // namespace postern::antispam
