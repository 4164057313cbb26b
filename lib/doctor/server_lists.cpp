#include "lib/doctor/server_lists.hpp"

#include <algorithm>
#include <optional>

#include "lib/base/ascii.hpp"

namespace postern::doctor {
namespace {

bool is_separator(char c) {
  return ascii::is_space(c) || c == ',';
}

bool is_brace(char c) {
  return c == '{' || c == '}';
}

// The next word, or a brace on its own; nothing at the end.
std::optional<std::string_view> take_word(std::string_view& rest) {
  while (!rest.empty() && is_separator(rest.front())) rest.remove_prefix(1);
  if (rest.empty()) return std::nullopt;
  std::size_t size = 1;
  while (!is_brace(rest.front()) && size < rest.size() && !is_separator(rest[size]) &&
         !is_brace(rest[size])) {
    ++size;
  }
  const std::string_view word = rest.substr(0, size);
  rest.remove_prefix(size);
  return word;
}

void add_setting(MilterEntry& entry, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos || equals == 0) {
    if (!text.empty()) entry.unread.emplace_back(text);
    return;
  }
  entry.settings.emplace_back(ascii::trim(text.substr(0, equals)),
                              ascii::trim(text.substr(equals + 1)));
}

// Reads the words of a list one by one.
class MilterReader {
 public:
  void read(std::string_view word) {
    if (word == "{") {
      open();
    } else if (word == "}") {
      close();
    } else if (depth_ == 0) {
      found_.push_back({std::string(word), {}, {}});
    } else if (depth_ > 1) {
      setting_.append(word);  // "{ name = value }" comes as three words
    } else if (found_.back().server.empty()) {
      found_.back().server = word;
    } else {
      add_setting(found_.back(), word);
    }
  }

  std::vector<MilterEntry> take() {
    found_.erase(std::remove_if(found_.begin(), found_.end(),
                                [](const MilterEntry& entry) { return entry.server.empty(); }),
                 found_.end());
    return std::move(found_);
  }

 private:
  void open() {
    if (++depth_ == 1) found_.emplace_back();
    setting_.clear();
  }
  void close() {
    if (depth_ > 1) add_setting(found_.back(), setting_);
    setting_.clear();
    if (depth_ > 0) --depth_;
  }

  std::vector<MilterEntry> found_;
  std::string setting_;
  std::size_t depth_ = 0;  // of braces
};

}  // namespace

std::string MilterEntry::value(std::string_view name) const {
  const auto found = std::find_if(settings.rbegin(), settings.rend(),
                                  [name](const auto& setting) { return setting.first == name; });
  return found == settings.rend() ? std::string() : found->second;
}

std::vector<MilterEntry> parse_milters(std::string_view value) {
  MilterReader reader;
  while (const auto word = take_word(value)) reader.read(*word);
  return reader.take();
}

std::string format(const std::vector<MilterEntry>& milters) {
  std::string text;
  for (const MilterEntry& entry : milters) {
    std::string one = entry.server;
    for (const auto& [name, value] : entry.settings) one += ", " + name + "=" + value;
    for (const std::string& word : entry.unread) one += ", " + word;
    if (!entry.settings.empty() || !entry.unread.empty()) one = "{ " + one + " }";
    text += (text.empty() ? "" : ", ") + one;
  }
  return text;
}

std::vector<std::string> split_milters(std::string_view value) {
  std::vector<std::string> servers;
  for (MilterEntry& entry : parse_milters(value)) servers.push_back(std::move(entry.server));
  return servers;
}

std::vector<std::string> policy_servers(std::string_view restrictions) {
  std::vector<std::string> found;
  bool follows = false;
  while (const auto word = take_word(restrictions)) {
    if (*word == "{" || *word == "}") continue;  // "check_policy_service { inet:…, timeout=… }"
    if (follows) found.emplace_back(*word);
    follows = !follows && *word == "check_policy_service";
  }
  return found;
}

}  // namespace postern::doctor
