#include "cli/leave_purge.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "cli/setup_host.hpp"
#include "lib/doctor/endpoint.hpp"

namespace postern::cli {
namespace {

namespace fs = std::filesystem;
using Result = Expected<void, std::string>;

std::error_code empty_directory(const std::string& path) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    entries.push_back(entry->path());
  }
  for (const fs::path& entry : entries) {
    if (!error) fs::remove_all(entry, error);
  }
  return error;
}

std::error_code delete_state(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return empty_directory(path);
  fs::remove(path, error);
  return error;
}

// Whether a line of main.cf or master.cf that is no comment names a socket.
bool names_socket(const std::string& text, const std::string& name) {
  for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    const std::size_t start = text.rfind('\n', at) + 1;  // npos + 1 is the first line
    if (text[text.find_first_not_of(" \t", start)] != '#') return true;
  }
  return false;
}

// A socket of ours as Postfix names it, or the end of that: below the queue directory.
std::string name_in_postfix(const std::string& socket, const std::string& queue_directory) {
  const auto endpoint = doctor::parse_libmilter_endpoint(socket);
  if (!endpoint) return "";
  const std::string folder = queue_directory + "/";
  return endpoint->path.starts_with(folder) ? endpoint->path.substr(folder.size())
                                            : endpoint->text();
}

}  // namespace

std::vector<std::string> state_to_purge(const SetupPlaces& places) {
  const std::string root = fs::path(places.setup_directory).parent_path().string() + "/";
  std::vector<std::string> paths = {root + "dkim", root + "policy", root + "learner",
                                    root + "doctor.json", places.setup_directory};
  if (places.setup_directory == usual_setup_directory) {
    paths.emplace_back("/var/spool/postern/train");
  }
  paths.erase(std::remove_if(paths.begin(), paths.end(),
                             [](const std::string& path) {
                               std::error_code error;
                               return !fs::exists(path, error) && !error;
                             }),
              paths.end());
  return paths;
}

Result purge_state(const SetupPlaces& places) {
  std::string problems;
  for (const std::string& path : state_to_purge(places)) {
    const std::error_code error = delete_state(path);
    if (error) problems += (problems.empty() ? "" : "; ") + path + ": " + error.message();
  }
  if (problems.empty()) return {};
  return Unexpected<std::string>("not all was deleted: " + problems + "; delete it by hand");
}

Result must_not_be_asked(const SetupPlaces& places) {
  const auto now = read_postfix_now(places.postfix_directory);
  if (!now) return {};  // no Postfix asks
  const auto site = io::load_site(places.config_file);
  if (!site) return Unexpected<std::string>(site.error());
  const setup::PostfixWish ours = wish_of(**site, true, true, true);
  for (const std::string& socket : {ours.milter_socket, ours.policy_socket, ours.tls_socket}) {
    const std::string name = name_in_postfix(socket, now->found.queue_directory);
    const bool is_named = !name.empty() && (names_socket(now->texts.main, name) ||
                                            names_socket(now->texts.master, name));
    if (!is_named) continue;
    return Unexpected<std::string>(now->directory + ": main.cf or master.cf still names " + name +
                                   ", and setup has not put it there: take it out, reload "
                                   "Postfix, and run postern leave --purge again");
  }
  return {};
}

}  // namespace postern::cli
