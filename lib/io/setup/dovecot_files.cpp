#include "lib/io/setup/dovecot_files.hpp"

#include <pwd.h>

#include <charconv>
#include <filesystem>
#include <thread>
#include <vector>

#include "lib/base/ascii.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/probe/command.hpp"
#include "lib/io/setup/files.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

constexpr auto patience = 30s;
constexpr const char* usual_file = "/etc/dovecot/dovecot.conf";
constexpr const char* modules = "/usr/lib/dovecot/modules/";

std::string file_or_usual(const std::string& file) {
  return file.empty() ? usual_file : file;
}

Words command(const char* program, const std::string& file, const Words& rest) {
  Words words = {program};
  if (!file.empty()) words.insert(words.end(), {"-c", file});
  words.insert(words.end(), rest.begin(), rest.end());
  return words;
}

Expected<std::string, std::string> output_of(const Words& words) {
  const auto result = run_to_end(words, patience);
  if (!result) return Unexpected<std::string>(result.error());
  if (result->status == 0) return result->output;
  return Unexpected<std::string>(words.front() + ": " + std::string(ascii::trim(result->errors)));
}

bool has_module(const setup::DovecotSettings& settings, const char* name) {
  const auto given = settings.find("mail_plugin_dir");
  const std::string folder = given == settings.end() ? modules : given->second;
  std::error_code error;
  return std::filesystem::exists(folder + "/" + name, error);
}

// Whether a line "!include conf.d/*.conf" stands in the file.
bool includes_conf_d(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = ascii::trim(std::string_view(text).substr(at, end - at));
    at = end + 1;
    if (line.starts_with("!include") && line.ends_with("conf.d/*.conf")) return true;
  }
  return false;
}

bool is_there(const std::string& file, const std::string& user, const std::string& message_id) {
  const auto found = output_of(command(
      "doveadm", file, {"search", "-u", user, "mailbox", "*", "HEADER", "Message-ID", message_id}));
  return found && !ascii::trim(*found).empty();
}

}  // namespace

Expected<setup::DovecotSettings, std::string> read_dovecot_settings(const std::string& file) {
  const auto text = output_of(command("doveconf", file, {"-n"}));
  if (!text) return Unexpected<std::string>(text.error());
  return setup::parse_doveconf(*text);
}

Expected<std::optional<setup::DovecotFound>, std::string> read_dovecot_found(
    const std::string& file) {
  const std::string path = file_or_usual(file);
  const auto version = output_of({"dovecot", "--version"});
  std::error_code error;
  if (!version || !std::filesystem::exists(path, error)) {
    return std::optional<setup::DovecotFound>();
  }
  setup::DovecotFound found;
  found.version = version->substr(0, version->find_first_of(" \n"));
  found.directory = std::filesystem::path(path).parent_path().string();
  const auto text = read_file(path, max_system_file);
  if (!text) return Unexpected<std::string>(text.error());
  found.includes_conf_d = includes_conf_d(*text);
  auto settings = read_dovecot_settings(file);
  if (!settings) return Unexpected<std::string>(settings.error());
  found.settings = std::move(*settings);
  found.has_plugins = has_module(found.settings, "lib90_postern_train_plugin.so");
  found.has_sieve_plugin = has_module(found.settings, "sieve/lib90_sieve_postern_plugin.so");
  return std::optional(std::move(found));
}

Expected<void, std::string> compile_sieve(const std::string& file, const std::string& script) {
  // Without the file's name it would ask a Dovecot that runs, which knows the old settings.
  const auto compiled = output_of(command("sievec", file_or_usual(file), {script}));
  if (!compiled) return Unexpected<std::string>(compiled.error());
  return {};
}

bool dovecot_runs(const std::string& file) {
  return output_of(command("doveadm", file, {"service", "status", "auth"})).has_value();
}

Expected<void, std::string> reload_dovecot(const std::string& file) {
  const auto reloaded = output_of(command("doveadm", file, {"reload"}));
  if (!reloaded) return Unexpected<std::string>(reloaded.error());
  return {};
}

std::optional<std::string> mail_owner(const std::string& file, const std::string& address) {
  const auto text = output_of(command("doveadm", file, {"user", "-f", "uid", address}));
  if (!text) return std::nullopt;
  const std::string_view number = ascii::trim(*text);
  unsigned uid = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), uid);
  if (read.ec != std::errc() || read.ptr != number.data() + number.size()) return std::nullopt;
  const struct passwd* const entry = ::getpwuid(uid);  // NOLINT(concurrency-mt-unsafe): one thread
  return entry == nullptr ? std::string(number) : std::string(entry->pw_name);
}

bool wait_for_message(const std::string& file, const std::string& user,
                      const std::string& message_id, std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!is_there(file, user, message_id)) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(200ms);
  }
  return true;
}

void expunge_message(const std::string& file, const std::string& user,
                     const std::string& message_id) {
  (void)output_of(
      command("doveadm", file,
              {"expunge", "-u", user, "mailbox", "*", "HEADER", "Message-ID", message_id}));
}

}  // namespace postern::io
