#include "lib/io/postfix/names.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <utility>

#include "lib/base/ascii.hpp"

namespace postern::io {
namespace {

using recipients::Names;

constexpr std::size_t max_domain_file = 1024 * 1024;  // octets

// proxymap(8) lets Postfix's own users only in; without it postmap(1) reads the same table itself.
std::string without_proxy(std::string table) {
  constexpr std::string_view proxy = "proxy:";
  if (table.starts_with(proxy)) table.erase(0, proxy.size());
  return table;
}

// Values of parameters that are read; those that are not there are empty.
class Values {
 public:
  explicit Values(const Parameters& parameters) : parameters_(parameters) {}

  [[nodiscard]] std::string text(const char* name) const {
    const auto found = parameters_.find(name);
    return found == parameters_.end() ? std::string() : found->second;
  }
  [[nodiscard]] std::vector<std::string> tables(const char* name) const {
    std::vector<std::string> tables = split_tables(text(name));
    for (std::string& table : tables) table = without_proxy(std::move(table));
    return tables;
  }
  [[nodiscard]] bool lists(const char* name, std::string_view word) const {
    const auto words = split_words(text(name));
    return std::find(words.begin(), words.end(), word) != words.end();
  }
  [[nodiscard]] bool is_yes(const char* name) const {
    return ascii::equals_ignoring_case(text(name), "yes");
  }

 private:
  const Parameters& parameters_;
};

// The entries of a file, as a list of main.cf; nothing if it cannot be read.
std::optional<std::string> read_domain_file(const std::string& path) {
  std::ifstream file(path);
  std::string entries;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('#')) entries += line + "\n";
    if (entries.size() > max_domain_file) return std::nullopt;
  }
  if (!file.eof() || file.bad()) return std::nullopt;
  return entries;
}

// \param files  Whether entries may be files; files do not name files.
void add_local_domains(const std::string& list, bool files, Names& names) {
  for (const std::string& entry : split_tables(list)) {
    if (entry.starts_with('!')) {  // what stands behind it may be excluded
      names.has_more_local_domains = true;
      return;
    }
    const auto content = files && entry.starts_with('/') ? read_domain_file(entry) : std::nullopt;
    if (content) {
      add_local_domains(*content, false, names);
    } else if (entry.starts_with('/')) {
      names.has_more_local_domains = true;
    } else if (!entry.starts_with('[') && entry.find(':') != entry.npos) {
      names.local_domain_tables.push_back(without_proxy(entry));
    } else {
      names.local_domains.push_back(ascii::to_lower(entry));
    }
  }
}

std::vector<std::string> alias_maps(const Values& values) {
  const std::string transport = values.text("local_transport");
  if (transport.substr(0, transport.find(':')) != "local") return {};
  return values.tables("alias_maps");
}

Names names_of(const Values& values) {
  Names names;
  if (values.lists("recipient_canonical_classes", "envelope_recipient")) {
    names.recipient_canonical_maps = values.tables("recipient_canonical_maps");
  }
  if (values.lists("canonical_classes", "envelope_recipient")) {
    names.canonical_maps = values.tables("canonical_maps");
  }
  names.virtual_alias_maps = values.tables("virtual_alias_maps");
  names.alias_maps = alias_maps(values);
  add_local_domains(values.text("mydestination"), true, names);
  names.origin = ascii::to_lower(read_origin(values.text("myorigin")));
  if (values.is_yes("append_dot_mydomain")) {
    names.domain_suffix = ascii::to_lower(values.text("mydomain"));
  }
  names.recipient_delimiter = values.text("recipient_delimiter");
  names.owner_request_special = values.is_yes("owner_request_special");
  constexpr const char* propagated = "propagate_unmatched_extensions";
  names.propagated = {values.lists(propagated, "canonical"), values.lists(propagated, "virtual"),
                      values.lists(propagated, "alias")};
  return names;
}

}  // namespace

Expected<Names, std::string> read_names(const std::string& config_directory,
                                        const ProgramLimits& limits) {
  const auto parameters = read_parameters(
      config_directory,
      {"alias_maps", "append_dot_mydomain", "canonical_classes", "canonical_maps",
       "local_transport", "mydestination", "mydomain", "myorigin", "owner_request_special",
       "propagate_unmatched_extensions", "recipient_canonical_classes", "recipient_canonical_maps",
       "recipient_delimiter", "virtual_alias_maps"},
      limits);
  if (!parameters) return Unexpected<std::string>(parameters.error());
  return names_of(Values(*parameters));
}

}  // namespace postern::io
