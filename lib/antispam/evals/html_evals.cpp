// Evals over the HTML of a message (Mail::SpamAssassin::Plugin::HTMLEval).
#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/comparison.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/antispam/evals/locales.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;

/// Whether `test` holds for one of the HTML parts.
template <typename Test>
bool any_html(EvalContext& context, Test test) {
  const auto& parts = context.message.html();
  return std::any_of(parts.begin(), parts.end(),
                     [&](const HtmlResults* part) { return test(*part); });
}

std::optional<double> figure(const HtmlResults& html, std::string_view name) {
  const auto found = html.numbers.find(name);
  return found == html.numbers.end() ? std::nullopt : std::optional(found->second);
}

double html_tag_balance(EvalContext& context, Values values) {
  const Arguments arguments(values);
  return any_html(context, [&](const HtmlResults& html) {
    const auto tag = html.inside.find(arguments.text(0));
    return tag != html.inside.end() && is_true_for(tag->second, arguments.text(1));
  });
}

double html_image_only(EvalContext& context, Values values) {
  const Arguments arguments(values);
  return any_html(context, [&](const HtmlResults& html) {
    const auto length = figure(html, "length");
    return html.inside.contains("img") && length && *length > arguments.number(0) &&
           *length <= arguments.number(1);
  });
}

double html_image_ratio(EvalContext& context, Values values) {
  const Arguments arguments(values);
  return any_html(context, [&](const HtmlResults& html) {
    const auto text = figure(html, "non_space_len");
    const auto area = figure(html, "image_area");
    if (!text || !area || *area <= 0) return false;
    return *text / *area > arguments.number(0) && *text / *area <= arguments.number(1);
  });
}

double html_charset_faraway(EvalContext& context, Values) {
  const std::string& ok_locales = context.message.options().ok_locales;
  if (are_all_locales_ok(ok_locales)) return 0;
  return any_html(context, [&](const HtmlResults& html) {
    const auto bad = std::count_if(
        html.charsets.begin(), html.charsets.end(),
        [&](const std::string& charset) { return !is_charset_ok(charset, ok_locales); });
    return bad > 0 && 2 * static_cast<std::size_t>(bad) >= html.charsets.size();
  });
}

double html_tag_exists(EvalContext& context, Values values) {
  const std::string_view tag = Arguments(values).text(0);
  return any_html(context, [&](const HtmlResults& html) { return html.inside.contains(tag); });
}

double html_test(EvalContext& context, Values values) {
  const std::string_view test = Arguments(values).text(0);
  return any_html(context, [&](const HtmlResults& html) {
    const auto texts = html.texts.find(test);
    return test == "html" || figure(html, test).value_or(0) != 0 ||
           (texts != html.texts.end() && !texts->second.empty());
  });
}

double html_eval(EvalContext& context, Values values) {
  const Arguments arguments(values);
  return any_html(context, [&](const HtmlResults& html) {
    const auto value = figure(html, arguments.text(0));
    return value && is_true_for(*value, arguments.text(1));
  });
}

/// What stands between <a> and </a> is kept with the link.
bool any_anchor(const HtmlResults& html, const std::function<bool(const PerlString&)>& test) {
  return std::any_of(html.links.begin(), html.links.end(), [&](const HtmlLink& link) {
    return std::any_of(link.anchor_texts.begin(), link.anchor_texts.end(), test);
  });
}

/// One of the texts of that name, `title` for instance, matches or does not, as `expected`.
bool has_text(EvalContext& context, const Arguments& arguments, bool expected) {
  const Regex* regex = context.regexes.regex(arguments.text(1));
  if (regex == nullptr) return false;
  const auto is_wanted = [&](const PerlString& text) {
    return static_cast<bool>(regex->find(one_octet_per_character(text))) == expected;
  };
  return any_html(context, [&](const HtmlResults& html) {
    if (arguments.text(0) == "anchor") return any_anchor(html, is_wanted);
    const auto texts = html.texts.find(arguments.text(0));
    return texts != html.texts.end() &&
           std::any_of(texts->second.begin(), texts->second.end(), is_wanted);
  });
}

double html_text_match(EvalContext& context, Values values) {
  return has_text(context, Arguments(values), true);
}

double html_text_not_match(EvalContext& context, Values values) {
  return has_text(context, Arguments(values), false);
}

double html_title_subject_ratio(EvalContext& context, Values values) {
  const auto& subject = context.message.header({.name = "Subject", .modifiers = {}});
  if (!subject || subject->bytes.empty()) return 0;
  const auto subject_length = static_cast<double>(perl_length(*subject));
  const double ratio = Arguments(values).number(0);
  return any_html(context, [&](const HtmlResults& html) {
    const auto titles = html.texts.find("title");
    return titles != html.texts.end() &&
           std::any_of(titles->second.begin(), titles->second.end(), [&](const PerlString& title) {
             const double length = title.bytes == "0" ? 0 : static_cast<double>(perl_length(title));
             return length / subject_length > std::max(ratio, 0.0);
           });
  });
}

double html_range(EvalContext& context, Values values) {
  const Arguments arguments(values);
  const bool is_open = !arguments.has(2) || arguments.text(2) == "inf";
  return any_html(context, [&](const HtmlResults& html) {
    const auto value = figure(html, arguments.text(0));
    return value && *value > arguments.number(1) && (is_open || *value <= arguments.number(2));
  });
}

double check_iframe_src(EvalContext& context, Values) {
  return any_html(context, [](const HtmlResults& html) {
    return std::any_of(html.links.begin(), html.links.end(), [](const HtmlLink& link) {
      return std::find(link.types.begin(), link.types.end(), "iframe") != link.types.end();
    });
  });
}

constexpr std::array rows = {
    Eval{"check_iframe_src", "HTMLEval", check_iframe_src},
    Eval{"html_charset_faraway", "HTMLEval", html_charset_faraway},
    Eval{"html_eval", "HTMLEval", html_eval},
    Eval{"html_image_only", "HTMLEval", html_image_only},
    Eval{"html_image_ratio", "HTMLEval", html_image_ratio},
    Eval{"html_range", "HTMLEval", html_range},
    Eval{"html_tag_balance", "HTMLEval", html_tag_balance},
    Eval{"html_tag_exists", "HTMLEval", html_tag_exists},
    Eval{"html_test", "HTMLEval", html_test},
    Eval{"html_text_match", "HTMLEval", html_text_match},
    Eval{"html_text_not_match", "HTMLEval", html_text_not_match},
    Eval{"html_title_subject_ratio", "HTMLEval", html_title_subject_ratio},
};

}  // namespace

std::span<const Eval> html_evals() {
  return rows;
}

}  // namespace postern::antispam
