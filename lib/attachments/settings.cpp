#include "lib/attachments/settings.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/ascii.hpp"

namespace postern::config {

template <>
struct ValueType<attachments::ExtensionList> {
  static constexpr std::string_view name = "list of file name extensions without dot";
  static Expected<attachments::ExtensionList, std::string_view> read(const Value& value) {
    auto texts = ValueType<std::vector<std::string>>::read(value);
    if (!texts) return Unexpected<std::string_view>(texts.error());
    for (std::string& text : *texts) {
      text = ascii::to_lower(text);
      const bool is_sound = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return ascii::is_printable(c) && c != '.' && c != ' ';
      });
      if (!is_sound) return Unexpected<std::string_view>("has an entry that is no extension");
    }
    std::sort(texts->begin(), texts->end());
    return attachments::ExtensionList{std::move(*texts)};
  }
};

}  // namespace postern::config

namespace postern::attachments {
namespace {

using config::row;

// What Windows, macOS, or Android run or install when it is opened, what mounts as a disk and so
// hides where its files come from, and what changes settings. Documents, macros or not, sources of
// programs, and certificates are not among them.
constexpr std::string_view default_banned =
    R"(["ade", "adp", "apk", "app", "appinstaller", "application", "appref-ms", "appx", )"
    R"("appxbundle", "bat", "cab", "chm", "cmd", "com", "cpl", "diagcab", "diagcfg", "diagpkg", )"
    R"("dll", "dmg", "exe", "gadget", "hta", "img", "ins", "iso", "isp", "jar", )"
    R"("jnlp", "js", "jse", "library-ms", "lnk", "mde", "mjs", "mount", "msc", "msh", "msh1", )"
    R"("msh2", "msi", "msix", "msixbundle", "msp", "mst", "pif", "pkg", "ps1", "ps1xml", "ps2", )"
    R"("psc1", "psc2", "rdp", "reg", "scf", "scr", "sct", "search-ms", "searchconnector-ms", )"
    R"("settingcontent-ms", "shb", "shs", "sys", "theme", "udl", "url", "vb", "vbe", "vbs", )"
    R"("vhd", "vhdx", "vxd", "website", "wsc", "wsf", "wsh", "xbap", "xll"])";

constexpr std::array table = {
    row<&Settings::enabled>("attachments.enabled", "false",
                            "Whether attachments are judged by their names and their octets. It "
                            "needs no signatures."),
    row<&Settings::own_mail>("attachments.own_mail", "true",
                             "Whether mail of our users and of this host is judged, too."),
    row<&Settings::banned>("attachments.banned_extensions", default_banned,
                           "Extensions that no attachment and no file in an archive may have. "
                           "Names are read as Windows reads them."),
    row<&Settings::looks_into_archives>(
        "attachments.archives", "true",
        "Whether zip, tar, and gzip are opened, and such archives inside them. Of those with a "
        "password the names are seen."),
    row<&Settings::archive_depth>("attachments.archive_depth", "8",
                                  "How many archives inside each other are opened."),
    row<&Settings::archive_entries>("attachments.archive_entries", "10000",
                                    "Files in archives of one message that are looked at."),
    row<&Settings::unpacked_size>("attachments.unpacked_size", R"("64MiB")",
                                  "Octets that are unpacked of one message. Of a file that is no "
                                  "archive only the first 4 KiB are."),
};

}  // namespace

bool ExtensionList::contains(std::string_view extension) const {
  return std::binary_search(extensions.begin(), extensions.end(), extension);
}

Expected<Settings, config::ConfigError> load_settings(const config::Document& document) {
  return config::load(std::span<const config::Setting<Settings>>(table), document);
}

std::vector<config::Row> setting_rows() {
  return {table.begin(), table.end()};
}

}  // namespace postern::attachments
