// Features of the header of a message.
#include <algorithm>
#include <array>
#include <string>

#include "lib/antispam/classifier/feature_sources.hpp"
#include "lib/base/ascii.hpp"
#include "lib/store/hash.hpp"

namespace postern::antispam {
namespace {

/// Words of the whole header, with Received fields.
constexpr std::size_t max_header_words = 1'000;
constexpr std::size_t field_window = 4;
constexpr std::size_t max_host_labels = 5;

/// Said by hosts behind the border, at delivery, or by other filters: a mailbox has them, the
/// message as it comes does not.
constexpr std::array<std::string_view, 14> left_out = {"authentication-results",
                                                       "delivered-to",
                                                       "envelope-to",
                                                       "received-spf",
                                                       "return-path",
                                                       "status",
                                                       "x-bogosity",
                                                       "x-dspam-result",
                                                       "x-envelope-to",
                                                       "x-keywords",
                                                       "x-original-to",
                                                       "x-sieve",
                                                       "x-status",
                                                       "x-uid"};
constexpr std::array<std::string_view, 6> left_out_prefixes = {
    "x-spam", "x-postern-", "x-rspamd-", "x-virus-", "x-amavis-", "x-mozilla-"};
/// Octets without meaning: that there is one counts.
constexpr std::array<std::string_view, 7> opaque = {"arc-authentication-results",
                                                    "arc-message-signature",
                                                    "arc-seal",
                                                    "dkim-signature",
                                                    "domainkey-signature",
                                                    "x-gm-message-state",
                                                    "x-google-dkim-signature"};
constexpr std::array<std::string_view, 5> of_addresses = {"from", "message-id", "reply-to",
                                                          "sender", "to"};

bool is_among(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_left_out(std::string_view name) {
  return is_among(left_out, name) || std::any_of(left_out_prefixes.begin(), left_out_prefixes.end(),
                                                 [&](std::string_view prefix) {
                                                   return name.substr(0, prefix.size()) == prefix;
                                                 });
}

bool is_opaque(std::string_view name) {
  return is_among(opaque, name) || name.find("antispam") != name.npos ||
         name.find("exchange") != name.npos;
}

class HeaderReader {
 public:
  explicit HeaderReader(FeatureCollector& features) : features_(features) {}

  void read(const NodeField& field) {
    const std::string name = ascii::to_lower(field.name);
    if (is_left_out(name)) return;
    add_order(field.name, name);
    if (name == "received" && ++received_ > max_received) return;
    if (is_opaque(name)) {
      add_fact(features_, FeatureKind::structure, "signed by", name);
      return;
    }
    append_text(field);
    add_value(name, field.value.bytes);
  }

  void finish() {
    features_.add_grams(FeatureFamily::header_gram, text_, max_header_gram_octets);
    add_fact(features_, FeatureKind::structure, "Received fields",
             std::to_string(std::min(received_, max_received)));
  }

 private:
  void add_order(std::string_view written, std::string_view name) {
    features_.add(FeatureKind::field_order, store::fnv1a(written), "field", written);
    if (name == previous_) return;
    features_.add(FeatureKind::field_order, combine(hash_text(previous_), hash_text(name)),
                  "order of fields", previous_, name);
    previous_ = name;
  }

  void append_text(const NodeField& field) {
    if (text_.size() >= max_header_gram_octets) return;
    text_ += field.name;
    text_ += ':';
    text_ += std::string_view(field.raw).substr(0, max_header_gram_octets);
  }

  void add_value(const std::string& name, std::string_view value) {
    if (name == "date") return add_date(value);
    if (name == "subject") return add_subject(value);
    std::vector<HashedWord> words;
    append_words(words, value, std::min(max_field_words, max_header_words - words_));
    words_ += words.size();
    add_words(features_, {FeatureKind::header_word, FeatureKind::header_pair, name, field_window},
              words);
    add_exact(name, words);
    if (name != "received") add_fact(features_, FeatureKind::shape, name, shape_of(value));
    if (is_among(of_addresses, name)) add_host(name, value);
  }

  /// Words with digits as they are: addresses and names, but no times.
  void add_exact(const std::string& name, std::span<const HashedWord> words) {
    const std::size_t shortest = name == "received" ? 4 : 1;
    for (const HashedWord& word : words) {
      if (!word.has_digits() || word.text.size() < shortest) continue;
      features_.add(FeatureKind::header_word, combine(combine(hash_text(name), 2), word.hash), name,
                    word.text);
    }
  }

  void add_date(std::string_view value) {
    add_fact(features_, FeatureKind::shape, "date", shape_of(value));
    const std::size_t zone = value.find_last_of("+-");
    if (zone != value.npos) {
      add_fact(features_, FeatureKind::shape, "time zone", value.substr(zone, 24));
    }
  }

  void add_subject(std::string_view value) {
    std::vector<HashedWord> words;
    append_words(words, value, max_subject_words);
    add_words(features_, {FeatureKind::subject_word, FeatureKind::header_pair, "subject", 4},
              words);
    add_fact(features_, FeatureKind::shape, "subject", shape_of(value));
  }

  /// "mail.example.org", ".example.org", ".org"
  void add_host(std::string_view name, std::string_view value) {
    const std::size_t at = value.rfind('@');
    if (at == value.npos) return;
    std::string_view host = value.substr(at + 1, 255);
    host = host.substr(0, host.find_first_of("> ,;\t\n"));
    const std::string context = "host of " + std::string(name);
    for (std::size_t labels = 0; labels < max_host_labels; ++labels) {
      add_fact(features_, FeatureKind::header_word, context, host);
      const std::size_t dot = host.find('.', 1);
      if (dot == host.npos) return;
      host.remove_prefix(dot);
    }
  }

  FeatureCollector& features_;
  std::string previous_ = "^";
  std::string text_;
  std::size_t received_ = 0;
  std::size_t words_ = 0;
};

}  // namespace

void add_header_features(FeatureCollector& features, RenderedMessage& message) {
  HeaderReader reader(features);
  const auto& fields = message.root().fields;
  const std::size_t count = std::min(fields.size(), max_fields);
  for (std::size_t i = 0; i < count; ++i) reader.read(fields[i]);
  reader.finish();
}

}  // namespace postern::antispam
