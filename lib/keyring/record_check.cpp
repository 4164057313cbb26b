#include "lib/keyring/record_check.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "lib/base/ascii.hpp"
#include "lib/dkim/key.hpp"
#include "lib/dkim/limits.hpp"
#include "lib/dkim/tag_list.hpp"
#include "lib/dns/name.hpp"

namespace postern::keyring {
namespace {

using Result = RecordJudgement::Result;

constexpr std::size_t min_piece_size = 16;  // shorter texts resemble a part of any key

std::string show_command(const Key& key) {
  return "postern dkim show " + key.domain + " --selector " + key.selector;
}

std::string publish_remedy(const Key& key) {
  return "Publish the record that \"" + show_command(key) + "\" prints";
}

RecordJudgement wrong(const Key& key, const std::string& problem, std::string remedy) {
  return {Result::wrong, key.record_name() + " " + problem, std::move(remedy)};
}

// The record at the name that arises when a form adds the domain to the full name.
std::optional<dns::Question> doubled_question(const Key& key) {
  const auto name = dns::parse_name(key.record_name() + "." + key.domain);
  if (!name) return std::nullopt;
  return dns::Question{*name, dns::Type::txt};
}

// p= without white space; empty when there is none.
std::string key_text(std::string_view record) {
  const auto tags = dkim::parse_tag_list(record);
  if (!tags) return {};
  const dkim::Tag* data = tags->find("p");
  if (data == nullptr) return {};
  std::string text(data->value);
  text.erase(std::remove_if(text.begin(), text.end(), ascii::is_space), text.end());
  return text;
}

// Without what web forms leave in: quotes, plain and typographic, and backslashes.
std::string without_quotes(std::string_view text) {
  std::string clean;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("\xe2\x80\x9c") || rest.starts_with("\xe2\x80\x9d")) {
      at += 2;
    } else if (text[at] != '"' && text[at] != '\\') {
      clean += text[at];
    }
  }
  return clean;
}

bool is_cut(std::string_view text, const std::string& wanted) {
  const std::string found = key_text(text);
  return !found.empty() && found.size() < wanted.size() && wanted.starts_with(found);
}

bool is_rest(std::string_view text, const std::string& wanted) {
  const std::string_view trimmed = ascii::trim(text);
  return trimmed.size() >= min_piece_size && wanted.find(trimmed) != std::string::npos;
}

// None of the texts is a key record.
RecordJudgement judge_unreadable(const Key& key, const std::vector<std::string>& texts) {
  const std::string wanted = key_text(key.record);
  const auto any = [&](auto test) { return std::any_of(texts.begin(), texts.end(), test); };
  const auto cut = [&](const std::string& text) { return is_cut(without_quotes(text), wanted); };
  if (any(cut) && any([&](const std::string& text) { return is_rest(text, wanted); })) {
    return wrong(key, "holds the pieces of the record as separate TXT records",
                 "Publish them as the character-strings of one TXT record, as \"" +
                     show_command(key) + " --form zone\" prints it");
  }
  if (any(cut)) {
    return wrong(key, "is cut short: p= ends before the key does",
                 "Publish the whole value; where 255 characters are the limit, as several strings "
                 "of one record: \"" +
                     show_command(key) + " --form zone\"");
  }
  for (const std::string& text : texts) {
    const std::string clean = without_quotes(text);
    if (clean != text && dkim::parse_key_record(clean)) {
      return wrong(key, "holds quotes or backslashes that a form or a file has left in",
                   "Enter the value without quotes and without backslashes, as \"" +
                       show_command(key) + " --form provider\" prints it");
    }
  }
  if (any([](const std::string& text) { return !key_text(text).empty(); })) {
    return wrong(key, "has a p= that is no key", publish_remedy(key));
  }
  return wrong(key, "has a TXT record, but no key record: perhaps a wildcard answers",
               publish_remedy(key));
}

RecordJudgement judge_revoked(const Key& key, const dkim::KeyRecord& record) {
  if (record.revoked) return {Result::published, key.record_name() + " is marked as revoked", ""};
  return wrong(key, "still publishes a key, though the key is revoked",
               "Replace the record by \"" + key.wanted_record() + "\", or delete it");
}

RecordJudgement judge_one(const Key& key, const dkim::KeyRecord& record) {
  if (key.state == State::revoked) return judge_revoked(key, record);
  const auto wanted = dkim::parse_key_record(key.record);
  if (record.revoked) {
    return wrong(key, "says that the key is revoked: p= is empty", publish_remedy(key));
  }
  if (record.key.type != key.type) {
    return wrong(key, "holds a key of the other type", publish_remedy(key));
  }
  if (!wanted || record.key != wanted->key) {
    return wrong(key, "holds another key", publish_remedy(key));
  }
  if (!record.allows_sha256) {
    return wrong(key, "forbids sha256 (h=)", "Take h= out of the record");
  }
  if (!record.allows_email) {
    return wrong(key, "forbids mail (s=)", "Take s= out of the record");
  }
  if (record.testing) {
    return {Result::published, key.record_name() + " is published, but says that we are testing",
            "Take t=y out of the record: receivers may treat signed mail as unsigned"};
  }
  return {Result::published, key.record_name() + " is published", ""};
}

RecordJudgement judge_texts(const Key& key, const std::vector<std::string>& texts) {
  std::optional<dkim::KeyRecord> found;
  for (const std::string& text : texts) {
    if (text.size() > dkim::Limits().key_record_size) continue;
    auto record = dkim::parse_key_record(text);
    if (!record) continue;
    if (found) {  // which of them counts is undefined (RFC 6376 §3.6.2.2)
      return wrong(key, "has several key records",
                   "Leave only one TXT record there: " + show_command(key));
    }
    found = std::move(*record);
  }
  return found ? judge_one(key, *found) : judge_unreadable(key, texts);
}

RecordJudgement judge_failure(const Key& key, const dns::Answer& answer) {
  const std::string name = key.record_name();
  if (answer.status == dns::Status::timeout) {
    return {
        Result::unknown, "DNS gave no answer for " + name + " in time",
        "Look whether the resolver of this host and the name servers of " + key.domain + " answer"};
  }
  if (answer.security == dns::Security::bogus) {
    return {Result::unknown, "DNSSEC refuses the answer for " + name,
            "Sign the zone anew, or mend the DS record of " + key.domain};
  }
  return {Result::unknown, "DNS failed for " + name,
          "Look whether the name servers of " + key.domain + " answer for that name"};
}

RecordJudgement judge_absent(const Key& key, const dns::Answer& answer,
                             const dns::Answers& answers) {
  if (key.state == State::revoked) {
    return {Result::published, key.record_name() + " is gone, which serves a revoked key as well",
            ""};
  }
  if (const auto doubled = doubled_question(key)) {
    const dns::Answer* elsewhere = answers.find(doubled->name, doubled->type);
    if (elsewhere != nullptr && elsewhere->status == dns::Status::success) {
      return {Result::absent, key.record_name() + " does not exist, but " + doubled->name + " does",
              "Enter the host name as \"" + key.selector +
                  "._domainkey\": the provider adds the domain"};
    }
  }
  if (answer.status == dns::Status::nxdomain) {
    return {Result::absent, key.record_name() + " does not exist in DNS",
            publish_remedy(key) + "; if it is there as a CNAME, the target does not exist"};
  }
  return {Result::absent, key.record_name() + " has no TXT record", publish_remedy(key)};
}

}  // namespace

std::string_view to_word(Result result) {
  switch (result) {
    case Result::published: return "published";
    case Result::absent: return "absent";
    case Result::wrong: return "wrong";
    case Result::unknown: return "unknown";
  }
  return "";
}

dns::Questions record_questions(const Key& key) {
  dns::Questions questions;
  if (auto question = dkim::key_question(key.selector, key.domain)) questions.push_back(*question);
  if (auto question = doubled_question(key)) questions.push_back(*question);
  return questions;
}

RecordJudgement judge_record(const Key& key, const dns::Answers& answers) {
  const dns::Answer* answer = answers.find(key.record_name(), dns::Type::txt);
  if (answer == nullptr) return {Result::unknown, key.record_name() + " was not asked for", ""};
  if (answer->is_failure()) return judge_failure(key, *answer);
  if (answer->is_void() || answer->texts.empty()) return judge_absent(key, *answer, answers);
  return judge_texts(key, answer->texts);
}

}  // namespace postern::keyring
