// Keys of single options.
#include <algorithm>
#include <array>

#include "lib/antispam/rules/load_state.hpp"
#include "lib/antispam/rules/value_readers.hpp"

namespace postern::antispam {
namespace {

// Domains of `Labels` labels, lower case.
template <Words Options::*Member, std::ptrdiff_t Labels>
KeyOutcome add_domains(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  const auto words = words_of(value);
  const bool are_fit = std::all_of(words.begin(), words.end(), [](std::string_view word) {
    return std::count(word.begin(), word.end(), '.') == Labels - 1 && word.front() != '.' &&
           word.back() != '.' && word.find("..") == word.npos;
  });
  if (!are_fit) return KeyOutcome::invalid;
  for (const std::string_view word : words) {
    (state.set.options.*Member).insert(ascii::to_lower(word));
  }
  return KeyOutcome::done;
}

KeyOutcome clear_domains(LoadState& state, std::string_view value) {
  if (!value.empty()) return KeyOutcome::invalid;
  Options& options = state.set.options;
  for (Words* words : {&options.tlds, &options.two_level_tlds, &options.three_level_tlds}) {
    words->clear();
  }
  return KeyOutcome::done;
}

KeyOutcome add_redirector(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  const auto regex = state.pattern({}, value);
  if (regex) state.set.options.redirector_patterns.push_back(regex->pattern);
  return KeyOutcome::done;
}

KeyOutcome add_originating(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  auto& names = state.set.options.originating_ip_headers;
  for (const std::string_view word : words_of(value)) {
    const bool is_known = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return ascii::equals_ignoring_case(name, word);
    });
    if (!is_known) names.emplace_back(word);
  }
  return KeyOutcome::done;
}

KeyOutcome clear_originating(LoadState& state, std::string_view value) {
  if (!value.empty()) return KeyOutcome::invalid;
  state.set.options.originating_ip_headers.clear();
  return KeyOutcome::done;
}

KeyOutcome ignore_in_bayes(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  for (const std::string_view word : words_of(value)) {
    state.set.options.bayes_ignore_headers.insert(ascii::to_lower(word));
  }
  return KeyOutcome::done;
}

struct Policy {
  std::string_view word;
  std::string_view letter;
};
constexpr auto adsp_policies = std::to_array<Policy>({{"nxdomain", "N"},
                                                      {"unknown", "U"},
                                                      {"all", "A"},
                                                      {"discardable", "D"},
                                                      {"custom_low", "1"},
                                                      {"custom_med", "2"},
                                                      {"custom_high", "3"}});

KeyOutcome override_adsp(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  auto [domain, word] = first_word(value);
  if (domain.starts_with('@')) domain.remove_prefix(1);
  const bool is_fit = !domain.empty() && std::all_of(domain.begin(), domain.end(), [](char c) {
    return is_word_char(c) || c == '*' || c == '.' || c == '-';
  });
  const std::string policy = word.empty() ? "discardable" : ascii::to_lower(word);
  const auto* known = std::find_if(adsp_policies.begin(), adsp_policies.end(),
                                   [&](const Policy& row) { return row.word == policy; });
  if (!is_fit || known == adsp_policies.end()) return KeyOutcome::invalid;
  state.set.options.adsp_overrides.insert_or_assign(ascii::to_lower(domain),
                                                    std::string(known->letter));
  return KeyOutcome::done;
}

template <bool UsesGet>
KeyOutcome add_shorteners(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  for (const std::string_view word : words_of(value)) {
    state.set.options.url_shorteners.insert_or_assign(ascii::to_lower(word), UsesGet);
  }
  return KeyOutcome::done;
}

KeyOutcome clear_shorteners(LoadState& state, std::string_view value) {
  if (value.empty()) state.set.options.url_shorteners.clear();
  for (const std::string_view word : words_of(value)) {
    state.set.options.url_shorteners.erase(ascii::to_lower(word));
  }
  return KeyOutcome::done;
}

KeyOutcome ignore_in_hashbl(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  for (const std::string_view word : words_of(value)) {
    state.set.options.hashbl_ignored.insert(ascii::to_lower(word));
  }
  return KeyOutcome::done;
}

KeyOutcome refuse_always_matching(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  const auto on = switch_value(value);
  if (on) state.refuses_always_matching = *on;
  return on ? KeyOutcome::done : KeyOutcome::invalid;
}

KeyOutcome enable_compat(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  if (value.size() > 128 || !std::all_of(value.begin(), value.end(), is_word_char)) {
    return KeyOutcome::invalid;
  }
  state.abilities.compat.emplace(value);
  return KeyOutcome::done;
}

// "Mail::SpamAssassin::Plugin::NAME [FILE.pm]"
template <bool IsQuiet>
KeyOutcome load_plugin(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  const auto [written, file] = first_word(value);
  const bool is_fit = std::all_of(written.begin(), written.end(),
                                  [](char c) { return is_word_char(c) || c == ':'; });
  if (!is_fit || !(file.empty() || file.ends_with(".pm"))) return KeyOutcome::invalid;
  const std::string_view name = current_plugin_name(written);
  state.set.plugins.emplace_back(name);
  if (is_stock_plugin(name)) {
    state.abilities.plugins.emplace(name);
  } else if (!IsQuiet) {
    state.warn(in_quotes(name) +
               " is a plugin in Perl that SpamAssassin does not bring along; its rules cannot run "
               "here: take the line out");
  }
  return KeyOutcome::done;
}

KeyOutcome require_version(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  if (value == "@@VERSION@@" || value == program_version) return KeyOutcome::done;
  state.warn("the file is for version " + in_quotes(value) + " of SpamAssassin, not for " +
             std::string(program_version) + "; the rest of it is skipped");
  state.skips_rest_of_file = true;
  return KeyOutcome::done;
}

constexpr std::string_view plugin_form = "a plugin's name";

constexpr auto keys = std::to_array<ConfigKey>({
    {"required_score", "", read_number<&Options::required_score>, number_form},
    {"required_hits", "", read_number<&Options::required_score>, number_form},
    {"util_rb_tld", "", add_domains<&Options::tlds, 1>, "top-level domains"},
    {"util_rb_2tld", "", add_domains<&Options::two_level_tlds, 2>, "domains of two labels"},
    {"util_rb_3tld", "", add_domains<&Options::three_level_tlds, 3>, "domains of three labels"},
    {"clear_util_rb", "", clear_domains, nothing_form},
    {"redirector_pattern", "", add_redirector, "/PATTERN/"},
    {"originating_ip_headers", "", add_originating, "names of header fields"},
    {"clear_originating_ip_headers", "", clear_originating, nothing_form},
    {"always_trust_envelope_sender", "", read_switch<&Options::always_trust_envelope_sender>,
     switch_form},
    {"envelope_sender_header", "", read_text<&Options::envelope_sender_header>,
     "a header field's name"},
    {"skip_rbl_checks", "", read_switch<&Options::skip_rbl_checks>, switch_form},
    {"skip_uribl_checks", "URIDNSBL", read_switch<&Options::skip_uribl_checks>, switch_form},
    {"uridnsbl_max_domains", "URIDNSBL", read_number<&Options::uridnsbl_max_domains>, number_form},
    {"uridnsbl_skip_mailto", "URIDNSBL", read_switch<&Options::skips_mailto_uris>, switch_form},
    {"parse_dkim_uris", "", read_switch<&Options::reads_dkim_uris>, switch_form},
    {"rbl_headers", "DNSEval", read_text<&Options::rbl_headers>, "names of header fields"},
    {"adsp_override", "DKIM", override_adsp, "a domain and perhaps a policy such as all"},
    {"hashbl_ignore", "HashBL", ignore_in_hashbl, "addresses or domains"},
    {"url_shortener", "DecodeShortURLs", add_shorteners<false>, "domains"},
    {"url_shortener_get", "DecodeShortURLs", add_shorteners<true>, "domains"},
    {"clear_url_shortener", "DecodeShortURLs", clear_shorteners, "domains, or nothing"},
    {"freemail_max_body_emails", "FreeMail", read_number<&Options::freemail_max_body_emails>,
     number_form},
    {"freemail_max_body_freemails", "FreeMail", read_number<&Options::freemail_max_body_freemails>,
     number_form},
    {"freemail_skip_when_over_max", "FreeMail", read_number<&Options::freemail_skip_when_over_max>,
     switch_form},
    {"freemail_skip_bulk_envfrom", "FreeMail", read_number<&Options::freemail_skip_bulk_envfrom>,
     switch_form},
    {"freemail_add_describe_email", "FreeMail", read_number<&Options::freemail_add_describe_email>,
     switch_form},
    {"ok_locales", "", read_text<&Options::ok_locales>, "languages such as en ja, or all"},
    {"ok_languages", "TextCat", read_text<&Options::ok_languages>,
     "languages such as en ja, or all"},
    {"normalize_charset", "", read_switch<&Options::normalize_charset>, switch_form},
    {"time_limit", "", read_duration<&Options::time_limit_seconds>, duration_form},
    {"body_part_scan_size", "", read_number<&Options::body_part_scan_size>, number_form},
    {"rawbody_part_scan_size", "", read_number<&Options::rawbody_part_scan_size>, number_form},
    {"use_bayes", "", read_switch<&Options::use_bayes>, switch_form},
    {"use_bayes_rules", "", read_switch<&Options::use_bayes_rules>, switch_form},
    {"bayes_auto_learn", "", read_switch<&Options::bayes_auto_learn>, switch_form},
    {"bayes_auto_learn_threshold_nonspam", "AutoLearnThreshold",
     read_number<&Options::bayes_auto_learn_threshold_nonspam>, number_form},
    {"bayes_auto_learn_threshold_spam", "AutoLearnThreshold",
     read_number<&Options::bayes_auto_learn_threshold_spam>, number_form},
    {"bayes_min_spam_num", "", read_number<&Options::bayes_min_spam_num>, number_form},
    {"bayes_min_ham_num", "", read_number<&Options::bayes_min_ham_num>, number_form},
    {"bayes_ignore_header", "", ignore_in_bayes, "names of header fields"},
    {"ignore_always_matching_regexps", "", refuse_always_matching, switch_form},
    {"enable_compat", "", enable_compat, "a name such as welcomelist_blocklist"},
    {"loadplugin", "", load_plugin<false>, plugin_form},
    {"tryplugin", "", load_plugin<true>, plugin_form},
    {"require_version", "", require_version, "a version"},
});

}  // namespace

std::span<const ConfigKey> option_keys() {
  return keys;
}

}  // namespace postern::antispam
