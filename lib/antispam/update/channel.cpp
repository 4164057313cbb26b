#include "lib/antispam/update/channel.hpp"

#include <algorithm>
#include <charconv>

#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr std::string_view reversed_version = "1.0.4";  // of SpamAssassin 4.0.1
constexpr std::string_view version_key = "# UPDATE version ";
constexpr std::size_t max_url_size = 1024;
constexpr std::uint64_t max_weight = 1'000'000;

// The number that a text begins with.
std::optional<std::uint64_t> leading_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) return std::nullopt;
  return number;
}

// Takes the first line, or the first word, off a text.
std::string_view take_until(std::string_view& text, std::string_view ends) {
  const std::size_t end = std::min(text.find_first_of(ends), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::uint64_t weight_of(std::string_view words) {
  constexpr std::string_view key = "weight=";
  std::uint64_t weight = 1;
  while (!words.empty()) {
    const std::string_view word = take_until(words, " \t\r");
    if (!word.starts_with(key)) continue;
    weight = std::min(leading_number(word.substr(key.size())).value_or(0), max_weight);
  }
  return weight;
}

std::optional<Mirror> parse_mirror(std::string_view line) {
  line = ascii::trim(line.substr(0, line.find('#')));
  auto url = secure_url(take_until(line, " \t\r"));
  if (!url) return std::nullopt;
  while (url->ends_with('/')) url->pop_back();
  return Mirror{std::move(*url), weight_of(line)};
}

}  // namespace

bool is_channel_name(std::string_view text) {
  constexpr std::size_t longest = 200;  // with the questions' own labels still a name of DNS
  const auto fits = [](char c) { return ascii::is_alnum(c) || c == '.' || c == '-'; };
  return !text.empty() && text.size() <= longest && ascii::is_alnum(text.front()) &&
         text.back() != '.' && text.find("..") == text.npos &&
         std::all_of(text.begin(), text.end(), fits);
}

std::string folder_of(std::string_view channel) {
  std::string name;
  for (const char c : channel) {
    if (ascii::is_alnum(c) || c == '-') {
      name += c;
    } else if (name.empty() || name.back() != '_') {
      name += '_';
    }
  }
  return name;
}

std::string version_question(std::string_view channel) {
  return std::string(reversed_version) + "." + ascii::to_lower(channel);
}

std::string mirrors_question(std::string_view channel) {
  return "mirrors." + ascii::to_lower(channel);
}

std::optional<std::uint64_t> read_version(const std::vector<std::string>& texts) {
  const auto first = std::find_if(texts.begin(), texts.end(),
                                  [](const std::string& text) { return !text.empty(); });
  return first == texts.end() ? std::nullopt : leading_number(*first);
}

std::optional<std::uint64_t> version_of_archive(std::string_view file) {
  constexpr std::string_view suffix = ".tar.gz";
  if (!file.ends_with(suffix)) return std::nullopt;
  file.remove_suffix(suffix.size());
  if (!std::all_of(file.begin(), file.end(), ascii::is_digit)) return std::nullopt;
  return leading_number(file);
}

std::string format_index(std::string_view channel, std::uint64_t version,
                         const std::vector<std::string>& files, std::string_view suffix) {
  std::string text = std::string(version_key) + std::to_string(version) + "\n";
  std::vector<std::string> sorted = files;
  std::sort(sorted.begin(), sorted.end());
  for (const std::string& file : sorted) {
    if (file.ends_with(suffix)) text += "include " + folder_of(channel) + "/" + file + "\n";
  }
  return text;
}

std::optional<std::uint64_t> version_of_index(std::string_view text) {
  if (!text.starts_with(version_key)) return std::nullopt;
  return leading_number(text.substr(version_key.size()));
}

std::optional<std::string> secure_url(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == url.npos || url.size() > max_url_size) return std::nullopt;
  const std::string_view name = url.substr(0, scheme);
  if (!ascii::equals_ignoring_case(name, "http") && !ascii::equals_ignoring_case(name, "https")) {
    return std::nullopt;
  }
  const std::string_view rest = url.substr(scheme);
  const auto is_safe = [](char c) {
    constexpr std::string_view refused = "\"<>\\^`{|}#?@";
    return ascii::is_printable(c) && c != ' ' && refused.find(c) == refused.npos;
  };
  constexpr std::size_t host = 3;  // behind "://"
  if (rest.size() <= host || !ascii::is_alnum(rest[host])) return std::nullopt;
  if (!std::all_of(rest.begin(), rest.end(), is_safe)) return std::nullopt;
  const std::string_view name_of_host = rest.substr(host, rest.find('/', host) - host);
  if (name_of_host.find(':') != name_of_host.npos) return std::nullopt;
  return "https" + std::string(rest);
}

std::vector<Mirror> parse_mirrors(std::string_view text) {
  std::vector<Mirror> mirrors;
  while (!text.empty() && mirrors.size() < max_mirrors) {
    auto mirror = parse_mirror(take_until(text, "\n"));
    if (!mirror) continue;
    const auto known = std::find_if(mirrors.begin(), mirrors.end(),
                                    [&](const Mirror& m) { return m.url == mirror->url; });
    if (known == mirrors.end()) {
      mirrors.push_back(std::move(*mirror));
    } else {
      known->weight = mirror->weight;
    }
  }
  return mirrors;
}

std::size_t choose_mirror(std::span<const Mirror> mirrors, std::uint64_t random) {
  std::uint64_t total = 0;
  for (const Mirror& mirror : mirrors) total += mirror.weight;
  if (total == 0) return random % mirrors.size();
  std::uint64_t value = random % total;
  std::size_t at = 0;
  while (value >= mirrors[at].weight) value -= mirrors[at++].weight;
  return at;
}

std::optional<std::string> parse_digest(std::string_view text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  const std::string_view digest = text.substr(0, digits);
  const bool ends =
      text.size() == digits || !(ascii::is_alnum(text[digits]) || text[digits] == '_');
  const bool is_hex =
      std::all_of(digest.begin(), digest.end(), [](char c) { return ascii::hex_value(c) >= 0; });
  if (!ends || !is_hex) return std::nullopt;
  return ascii::to_lower(digest);
}

}  // namespace postern::antispam
