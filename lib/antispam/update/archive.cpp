#include "lib/antispam/update/archive.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "lib/archive/gzip.hpp"
#include "lib/archive/tar.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Failure = Unexpected<std::string>;

constexpr std::string_view commented = "#(commented by postern rules update: not allowed)# ";

// What SpamAssassin on Debian was built with.
constexpr std::array macros = {
    std::pair<std::string_view, std::string_view>("VERSION", "4.000001"),
    std::pair<std::string_view, std::string_view>("CONTACT_ADDRESS",
                                                  "the administrator of that system"),
    std::pair<std::string_view, std::string_view>("PREFIX", "/usr"),
    std::pair<std::string_view, std::string_view>("DEF_RULES_DIR", "/usr/share/spamassassin"),
    std::pair<std::string_view, std::string_view>("LOCAL_RULES_DIR", "/etc/spamassassin"),
    std::pair<std::string_view, std::string_view>("LOCAL_STATE_DIR", "/var/lib/spamassassin"),
    std::pair<std::string_view, std::string_view>("INSTALLSITELIB", "/usr/share/perl5")};

// Puts values for @@NAME@@; names that are not known stay.
std::string with_macros(std::string_view line) {
  std::string text;
  while (true) {
    const std::size_t begin = line.find("@@");
    const std::size_t end = begin == line.npos ? begin : line.find('@', begin + 2);
    if (end == line.npos) return text.append(line);
    const std::string_view name = line.substr(begin + 2, end - begin - 2);
    const auto* const macro =
        std::find_if(macros.begin(), macros.end(), [&](const auto& m) { return m.first == name; });
    if (name.empty() || line.substr(end, 2) != "@@" || macro == macros.end()) {
      text.append(line.substr(0, begin + 2));
      line.remove_prefix(begin + 2);
      continue;
    }
    text.append(line.substr(0, begin)).append(macro->second);
    line.remove_prefix(end + 2);
  }
}

constexpr std::string_view blanks = " \t\r\f\v";

// As rules are read: in lower case, "_" for "-", and behind "lang XX".
std::string key_of(std::string_view line) {
  const auto take_word = [&] {
    const std::string_view word = line.substr(0, line.find_first_of(blanks));
    line.remove_prefix(word.size());
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    return word;
  };
  std::string_view word = take_word();
  // Only in small letters; what follows is read as a line.
  while (word == "lang" && !line.empty()) {
    take_word();
    word = take_word();
  }
  std::string key = ascii::to_lower(word);
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

bool may_load_code(std::string_view line) {
  constexpr std::array words = {std::string_view("loadplugin"),
                                std::string_view("tryplugin"),
                                std::string_view("dcc_path"),
                                std::string_view("dcc_options"),
                                std::string_view("pyzor_path"),
                                std::string_view("pyzor_options"),
                                std::string_view("extracttext_external")};
  const std::string word = key_of(line);
  if (word.starts_with("dns_server")) return true;
  if (std::find(words.begin(), words.end(), word) != words.end()) return true;
  constexpr std::array suffixes = {std::string_view("_module"), std::string_view("_modules"),
                                   std::string_view("_factory")};
  return std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view suffix) {
    return word.size() > suffix.size() && word.ends_with(suffix);
  });
}

bool is_file_name(std::string_view name) {
  constexpr std::size_t longest = 100;
  return !name.empty() && name.size() <= longest && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           constexpr std::string_view others = "._-,+";
           return ascii::is_alnum(c) || others.find(c) != others.npos;
         });
}

// A name may come from anybody.
std::string quoted(std::string_view name) {
  constexpr std::size_t longest = 100;
  std::string text(name.substr(0, longest));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return !ascii::is_printable(c) || c == '"'; }, '?');
  return '"' + text + '"';
}

Expected<std::string, std::string> unpack(std::string_view packed, archive::Inflate inflate) {
  const auto header = archive::read_gzip_header(packed);
  if (!header) return Failure("the archive is no gzip file");
  archive::Inflated unpacked = inflate(packed.substr(header->size), max_update_size);
  using End = archive::Inflated::End;
  if (unpacked.end == End::full) {
    return Failure("the archive unpacks to more than " + std::to_string(max_update_size) +
                   " octets");
  }
  if (unpacked.end != End::whole) return Failure("the archive is damaged, or not whole");
  if (packed.size() - header->size - unpacked.consumed != archive::gzip_trailer_size) {
    return Failure("the archive has other data behind its end");
  }
  return std::move(unpacked.content);
}

// What is wrong with an entry; empty: nothing.
std::string problem_of(const archive::Entry& entry, std::string_view name) {
  if (entry.names.size() > 1) return "has two names";
  if (entry.is_special) return "is a link, device, or pipe";
  if (entry.is_folder) return "is a folder; all files have to lie in one";
  if (!is_file_name(name)) {
    return "is no name for a file of rules: no folders, no other characters than letters, digits, "
           "and ._-,+";
  }
  if (entry.data.size() > max_update_file) {
    return "has more than " + std::to_string(max_update_file) + " octets";
  }
  return {};
}

bool is_rules(std::string_view name) {
  return name.ends_with(".cf") || name.ends_with(".pre");
}

}  // namespace

std::string without_code(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string line = with_macros(text.substr(0, size));
    const std::size_t begin = std::min(line.find_first_not_of(blanks), line.size());
    const std::string_view words = ascii::trim(std::string_view(line).substr(begin));
    if (may_load_code(words)) result += commented;
    result += line;
    text.remove_prefix(size);
  }
  return result;
}

Expected<std::vector<UpdateFile>, std::string> read_update_archive(std::string_view packed,
                                                                   archive::Inflate inflate) {
  if (packed.size() > max_update_archive) {
    return Failure("the archive has more than " + std::to_string(max_update_archive) + " octets");
  }
  const auto tar = unpack(packed, inflate);
  if (!tar) return Failure(tar.error());
  const archive::Directory directory = archive::read_tar(*tar, max_update_files);
  if (directory.is_cut) {
    return Failure("the archive has more than " + std::to_string(max_update_files) + " files");
  }
  if (!directory.defects.empty()) return Failure("the archive is damaged, or not whole");
  std::vector<UpdateFile> files;
  std::set<std::string, std::less<>> names;
  for (const archive::Entry& entry : directory.entries) {
    std::string_view name = entry.names.empty() ? std::string_view() : entry.names.front();
    if (name.starts_with("./")) name.remove_prefix(2);
    if (name.empty() && entry.is_folder) continue;  // the folder itself
    const std::string problem = problem_of(entry, name);
    if (!problem.empty()) return Failure(quoted(name) + " in the archive " + problem);
    if (!names.emplace(name).second) {
      return Failure(quoted(name) + " is in the archive twice");
    }
    files.push_back(
        {std::string(name), is_rules(name) ? without_code(entry.data) : std::string(entry.data)});
  }
  if (std::none_of(files.begin(), files.end(),
                   [](const UpdateFile& file) { return file.name.ends_with(".cf"); })) {
    return Failure("the archive has no rules (*.cf)");
  }
  return files;
}

}  // namespace postern::antispam
