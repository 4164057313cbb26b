// Parameters of the check: the section [attachments]. What is done about a finding belongs to the
// decision (lib/disposition).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/config/setting.hpp"

namespace postern::attachments {

/// Extensions without dot, in lower case and order.
struct ExtensionList {
  std::vector<std::string> extensions;

  [[nodiscard]] bool contains(std::string_view extension) const;
};

struct Settings {
  bool enabled = false;
  bool own_mail = true;
  ExtensionList banned;
  bool looks_into_archives = true;
  std::uint32_t archive_depth = 0;
  std::uint32_t archive_entries = 0;
  config::ByteSize unpacked_size;
};

[[nodiscard]] Expected<Settings, config::ConfigError> load_settings(
    const config::Document& document);
[[nodiscard]] std::vector<config::Row> setting_rows();

}  // namespace postern::attachments
