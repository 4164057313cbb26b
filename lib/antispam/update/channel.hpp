// A channel of rules as sa-update(1p) knows it: what is asked of DNS, and what its small files say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::antispam {

inline constexpr std::string_view default_channel = "updates.spamassassin.org";
inline constexpr std::size_t max_mirrors = 100;  ///< Further ones are not looked at.

/// Letters, digits, "-", and single "." between them, as the name of a domain; what may become part
/// of a path. Without "_", two of them have two folders.
[[nodiscard]] bool is_channel_name(std::string_view text);

/// What its folder and its files are called: "updates_spamassassin_org".
[[nodiscard]] std::string folder_of(std::string_view channel);

/// The name whose TXT record is the newest version for SpamAssassin 4.0.1.
[[nodiscard]] std::string version_question(std::string_view channel);
/// The name whose TXT records are URLs of lists of mirrors.
[[nodiscard]] std::string mirrors_question(std::string_view channel);

/// The number that the first text begins with.
/// \param texts  Of TXT records.
[[nodiscard]] std::optional<std::uint64_t> read_version(const std::vector<std::string>& texts);

/// The version of "VERSION.tar.gz"; nothing for any other name.
[[nodiscard]] std::optional<std::uint64_t> version_of_archive(std::string_view file);

/// The file beside the folder of a channel that names the files in it, and its version.
/// \param files  Names of those in the folder; only those that end in `suffix` are named.
[[nodiscard]] std::string format_index(std::string_view channel, std::uint64_t version,
                                       const std::vector<std::string>& files,
                                       std::string_view suffix);
/// The version that such a file, also one of sa-update's, gives.
[[nodiscard]] std::optional<std::uint64_t> version_of_index(std::string_view text);

struct Mirror {
  std::string url;  ///< Without "/" at the end; https whatever the list says.
  std::uint64_t weight = 1;

  bool operator==(const Mirror&) const = default;
};

/// http and https URLs become https; nothing for what is none, or names a port.
[[nodiscard]] std::optional<std::string> secure_url(std::string_view url);

/// MIRRORED.BY: one on each line with "weight=N" behind it; "#" begins a comment. Lines that are
/// none are passed over; of two lines for one URL the last holds.
[[nodiscard]] std::vector<Mirror> parse_mirrors(std::string_view text);

/// One of them by chance, in proportion to their weights.
/// \param mirrors  At least one.
[[nodiscard]] std::size_t choose_mirror(std::span<const Mirror> mirrors, std::uint64_t random);

/// The digest that a file ".sha512" or ".sha256" begins with, in lower case.
/// \param digits  So many hexadecimal ones; others are refused.
[[nodiscard]] std::optional<std::string> parse_digest(std::string_view text, std::size_t digits);

}  // namespace postern::antispam
