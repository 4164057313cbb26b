// Reads test messages and their envelopes from a directory.
#include "bench/mail_message.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

#include <nlohmann/json.hpp>

namespace postern::bench {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The line at `at` without its line end; moves `at` behind it.
std::string_view next_line(std::string_view text, std::size_t* at) {
  const std::size_t end = std::min(text.find('\n', *at), text.size());
  std::string_view line = text.substr(*at, end - *at);
  *at = std::min(end + 1, text.size());
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

/// Files a line of the header section; false at the empty line or at one that is no header line.
bool take_header_line(std::string_view line, std::vector<HeaderField>* header) {
  const bool folded = !line.empty() && (line[0] == ' ' || line[0] == '\t');
  if (folded && !header->empty()) {
    header->back().value.append("\n").append(line);
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  header->push_back({std::string(line.substr(0, colon)), std::string(line.substr(colon + 1))});
  return true;
}

void read_envelope(const std::filesystem::path& path, MailMessage* message) {
  const bool known = std::filesystem::exists(path);
  const auto json =
      known ? nlohmann::json::parse(read_file(path)) : nlohmann::json(nlohmann::json::object());
  message->mail_from = json.value("mail_from", "sender@example.org");
  message->rcpt = json.value("rcpt", std::vector<std::string>{"user@bench.example.org"});
  message->helo = json.value("helo", "mail.example.org");
  message->client_ip = json.value("client_ip", "192.0.2.1");
  message->client_name = json.value("client_name", "unknown");
}

}  // namespace

void split_message(const std::string& text, MailMessage* message) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t after = at;
    const std::string_view line = next_line(text, &after);
    if (!take_header_line(line, &message->header)) {
      if (line.empty()) at = after;
      break;
    }
    at = after;
  }
  message->body.reserve(text.size() - at);
  while (at < text.size()) message->body.append(next_line(text, &at)).append("\r\n");
}

std::vector<MailMessage> load_messages(const std::string& directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".eml") paths.push_back(entry.path());
  }
  if (paths.empty()) throw std::runtime_error("no .eml files in " + directory);
  std::sort(paths.begin(), paths.end());

  std::vector<MailMessage> messages;
  for (auto path : paths) {
    MailMessage message;
    split_message(read_file(path), &message);
    read_envelope(path.replace_extension(".json"), &message);
    messages.push_back(std::move(message));
  }
  return messages;
}

}  // namespace postern::bench
