#include "lib/io/setup/services.hpp"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <vector>

#include "lib/base/ascii.hpp"
#include "lib/io/probe/command.hpp"

namespace postern::io {
namespace {

using Words = std::vector<std::string>;

constexpr std::chrono::seconds patience{60};

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

Expected<void, std::string> run(const Words& words) {
  const auto result = run_to_end(words, patience);
  if (!result) return Unexpected<std::string>(joined(words) + ": " + result.error());
  if (result->status == 0) return {};
  std::string said(ascii::trim(result->errors));
  if (said.empty()) said = std::string(ascii::trim(result->output));
  return Unexpected<std::string>(joined(words) + ": " + (said.empty() ? "failed" : said));
}

}  // namespace

ServiceManager service_manager() {
  return exists("/run/systemd/system") ? ServiceManager::systemd : ServiceManager::init_scripts;
}

bool has_service(const std::string& name) {
  if (service_manager() == ServiceManager::init_scripts) {
    return ::access(("/etc/init.d/" + name).c_str(), X_OK) == 0;
  }
  const auto result = run_to_end({"systemctl", "cat", name + ".service"}, patience);
  return result && result->status == 0;
}

Expected<void, std::string> start_service(const std::string& name) {
  if (service_manager() == ServiceManager::systemd) {
    return run({"systemctl", "enable", "--now", name + ".service"});
  }
  return run({"/etc/init.d/" + name, "start"});
}

Expected<void, std::string> stop_service(const std::string& name) {
  if (service_manager() == ServiceManager::systemd) {
    return run({"systemctl", "disable", "--now", name + ".service"});
  }
  return run({"/etc/init.d/" + name, "stop"});
}

Expected<void, std::string> reload_service(const std::string& name) {
  if (service_manager() == ServiceManager::systemd) {
    return run({"systemctl", "try-reload-or-restart", name + ".service"});
  }
  const auto running = run({"/etc/init.d/" + name, "status"});
  return running ? run({"/etc/init.d/" + name, "reload"}) : Expected<void, std::string>();
}

Expected<void, std::string> reload_instances(const std::string& name) {
  if (service_manager() == ServiceManager::init_scripts) return reload_service(name);
  // Of what is loaded, so that one which does not run, or is not installed, is no failure.
  return run({"systemctl", "try-reload-or-restart", name + "[.@]*service"});
}

}  // namespace postern::io
