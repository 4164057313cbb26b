#include "cli/store_access.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "cli/key_directory_option.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/store/open_store.hpp"
#include "lib/io/wall_clock.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t scan_portion = 1000;

// A directory made by root would lock the daemon out: what is missing is left to the daemon.
bool lacks_directory(const store::Address& address) {
  if (address.kind != store::Address::Kind::lmdb) return false;
  std::error_code error;
  const auto directory = std::filesystem::path(address.path).parent_path();
  return !std::filesystem::exists(directory, error) && !error;
}

}  // namespace

Expected<std::shared_ptr<io::Site>, std::string> read_site(const std::string& config_file) {
  note_absent_config(config_file);
  return io::load_site(config_file);
}

Expected<OpenSite, std::string> open_site(const std::string& config_file) {
  auto site = read_site(config_file);
  if (!site) return Unexpected<std::string>(site.error());
  if (lacks_directory((*site)->store.address)) {
    return Unexpected<std::string>((*site)->store.address.path +
                                   ": its directory does not exist; it is made for postern-policy "
                                   "when that is installed (see postern-policy(8))");
  }
  auto opened = io::open_store((*site)->store);
  if (!opened) return Unexpected<std::string>(opened.error().text);
  if (!opened->note.empty()) std::fprintf(stderr, "postern: %s\n", opened->note.c_str());
  return OpenSite{std::move(*site), std::move(opened->store)};
}

Expected<std::vector<store::Result>, std::string> run(
    store::Store& store, const std::vector<store::Operation>& operations) {
  auto results = store.run(operations, io::wall_clock());
  if (!results) return Unexpected<std::string>(results.error().text);
  return std::move(*results);
}

Expected<void, std::string> for_each_item(store::Store& store, std::string_view prefix,
                                          const std::function<void(const store::Item&)>& use) {
  std::string cursor;
  do {
    const auto items = store.scan(prefix, cursor, scan_portion, io::wall_clock());
    if (!items) return Unexpected<std::string>(items.error().text);
    for (const store::Item& item : *items) use(item);
  } while (!cursor.empty());
  return {};
}

std::vector<std::string> parts_of_key(std::string_view key, std::string_view prefix) {
  std::vector<std::string> parts(1);
  for (const char c : key.substr(std::min(prefix.size(), key.size()))) {
    if (c == '|') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string format_time(store::Time time) {
  using namespace std::chrono;
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::string format_span(std::chrono::milliseconds span) {
  const std::int64_t seconds = std::max<std::int64_t>(span.count(), 0) / 1000;
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 120 * 60) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86400) + " d";
}

std::shared_ptr<std::string> add_config_option(CLI::App& command) {
  auto file = std::make_shared<std::string>();
  command.add_option("--config", *file, io::config_option_help);
  return file;
}

}  // namespace postern::cli
