#include "lib/keyring/record_forms.hpp"

#include "lib/dkim/key_record.hpp"

namespace postern::keyring {
namespace {

std::string record_head(const Key& key) {
  return key.record_name() + ". " + std::to_string(record_ttl) + " IN TXT";
}

}  // namespace

// No record of ours has quotes, backslashes, or anything else to be escaped in it.

std::string record_line(const Key& key) {
  std::string text = record_head(key);
  for (const std::string& part : dkim::split_character_strings(key.wanted_record())) {
    text += " \"" + part + "\"";
  }
  return text + "\n";
}

std::string record_for_zone(const Key& key) {
  std::string text = record_head(key) + " (";
  for (const std::string& part : dkim::split_character_strings(key.wanted_record())) {
    text += "\n    \"" + part + "\"";
  }
  return text + " )\n";
}

std::string record_for_provider(const Key& key) {
  const std::string value = key.wanted_record();
  std::string text = "Type   TXT\nHost   " + key.selector + "._domainkey\nValue  " + value +
                     "\n\nThe host is given below " + key.domain +
                     ", as most forms want it; one that wants full names takes\n" +
                     key.record_name() + ". Enter the value without quotes.\n";
  if (value.size() > dkim::max_character_string_size) {
    text += "The value has " + std::to_string(value.size()) +
            " characters. A form that refuses more than 255 wants several strings in\n"
            "quotes, \"...\" \"...\", as \"--form zone\" prints them; never several records.\n";
  }
  return text;
}

}  // namespace postern::keyring
