// What commands need that look into the store of the policy daemon or change it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.hpp"
#include "lib/io/site/site.hpp"
#include "lib/store/store.hpp"

namespace postern::cli {

struct OpenSite {
  std::shared_ptr<const io::Site> site;
  std::unique_ptr<store::Store> store;
};

/// Reads the configuration and the files it names. Says so on standard error when there is none.
/// \return An error fit to be shown.
[[nodiscard]] Expected<std::shared_ptr<io::Site>, std::string> read_site(
    const std::string& config_file);

/// Reads the configuration and opens the store it names. \return An error fit to be shown.
[[nodiscard]] Expected<OpenSite, std::string> open_site(const std::string& config_file);

/// Runs operations; an error is fit to be shown.
[[nodiscard]] Expected<std::vector<store::Result>, std::string> run(
    store::Store& store, const std::vector<store::Operation>& operations);

/// Calls `use` for each item under a prefix.
[[nodiscard]] Expected<void, std::string> for_each_item(
    store::Store& store, std::string_view prefix,
    const std::function<void(const store::Item&)>& use);

/// The parts of a key that store::bounded_key made, without its prefix, for people: not printable
/// octets stay as %XX.
[[nodiscard]] std::vector<std::string> parts_of_key(std::string_view key, std::string_view prefix);

/// "2026-11-22 23:15:00" in UTC.
[[nodiscard]] std::string format_time(store::Time time);
/// "5 min", "3 h", "12 d".
[[nodiscard]] std::string format_span(std::chrono::milliseconds span);

/// Adds --config to a command.
std::shared_ptr<std::string> add_config_option(CLI::App& command);

}  // namespace postern::cli
