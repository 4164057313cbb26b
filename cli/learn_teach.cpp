// "postern learn spam" and "ham": hands messages to the learner, and waits until it has them.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include "cli/learn_options.hpp"
#include "cli/store_access.hpp"
#include "lib/io/sealed/sealed_message.hpp"
#include "lib/io/training/courier.hpp"
#include "lib/io/training/event_id.hpp"
#include "lib/report/log_line.hpp"
#include "lib/training/event.hpp"
#include "lib/training/line_ends.hpp"

namespace postern::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_unconfirmed = 16;
constexpr std::chrono::seconds patience{30};

// Messages of a directory, in the order of their names: of a Maildir those in cur and new.
Expected<void, std::string> list_directory(const fs::path& directory,
                                           std::vector<std::string>& files) {
  std::error_code error;
  const bool is_maildir = fs::is_directory(directory / "cur", error);
  std::vector<fs::path> places = {directory};
  if (is_maildir) places = {directory / "cur", directory / "new"};
  for (const fs::path& place : places) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(place, error)) {
      std::error_code gone;
      if (entry.is_regular_file(gone) && !entry.path().filename().native().starts_with('.')) {
        found.push_back(entry.path());
      }
    }
    if (error) return Unexpected<std::string>(place.string() + ": " + error.message());
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return {};
}

Expected<std::vector<std::string>, std::string> list_messages(const LearnOptions& options) {
  std::vector<std::string> files;
  for (const std::string& name : options.messages) {
    std::error_code error;
    if (name == "-" || !fs::is_directory(name, error)) {
      files.push_back(name);
      continue;
    }
    const auto listed = list_directory(name, files);
    if (!listed) return Unexpected<std::string>(listed.error());
  }
  return files;
}

Expected<std::string, std::string> read_message(const std::string& name) {
  std::ifstream file;
  if (name != "-") file.open(name, std::ios::binary);
  std::istream& stream = name == "-" ? std::cin : file;
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream || stream.bad()) return Unexpected<std::string>(name + ": cannot be read");
  return training::with_line_ends(text);
}

// Hands messages over one after another; the learner confirms each once it is on its disk.
class Teacher {
 public:
  Teacher(io::Courier courier, training::Event event, std::size_t max_size)
      : courier_(std::move(courier)), event_(std::move(event)), max_size_(max_size) {}

  [[nodiscard]] Expected<void, std::string> teach(std::string text) {
    event_.time = io::event_time();
    event_.id = io::next_event_id(event_.time);
    event_.is_cut = text.size() > max_size_;
    if (event_.is_cut) text.resize(max_size_);
    const auto memory = io::seal_message(text);
    if (!memory) return Unexpected<std::string>(memory.error());
    if (!courier_.send(format(event_), memory->get())) return gone();
    ++sent_;
    return wait_until(max_unconfirmed);
  }
  [[nodiscard]] Expected<void, std::string> finish() { return wait_until(0); }
  [[nodiscard]] std::size_t taught() const { return confirmed_ - courier_.refused(); }
  [[nodiscard]] std::size_t refused() const { return courier_.refused(); }

 private:
  [[nodiscard]] Expected<void, std::string> wait_until(std::size_t unconfirmed) {
    while (true) {
      confirmed_ += courier_.take_receipts();
      if (sent_ - confirmed_ <= unconfirmed) return {};
      if (courier_.is_closed()) return gone();
      const std::size_t before = confirmed_;
      courier_.wait(patience);
      confirmed_ += courier_.take_receipts();
      if (confirmed_ == before && !courier_.is_closed()) {
        return Unexpected<std::string>("postern-learner does not answer; see its log");
      }
    }
  }
  static Unexpected<std::string> gone() {
    return Unexpected<std::string>("postern-learner has closed the connection; see its log");
  }

  io::Courier courier_;
  training::Event event_;
  std::size_t max_size_;
  std::size_t sent_ = 0;
  std::size_t confirmed_ = 0;
};

int teach(const LearnOptions& options, training::Kind kind) {
  if (options.user.empty() || options.user.size() > training::max_user_size) {
    return fail("--user: a name of 1 to " + std::to_string(training::max_user_size) +
                " octets is needed");
  }
  const auto site = io::load_site(options.config_file);
  if (!site) return fail(site.error());
  const auto files = list_messages(options);
  if (!files) return fail(files.error());
  auto courier = io::Courier::connect((*site)->learner.socket);
  if (!courier) return fail(courier.error() + "; start postern-learner");
  training::Event event;
  event.kind = kind;
  event.user = options.user;
  Teacher teacher(std::move(*courier), event, (*site)->learner.max_message.bytes);
  Expected<void, std::string> done;
  for (const std::string& name : *files) {
    auto text = read_message(name);
    done = text ? teacher.teach(std::move(*text))
                : Expected<void, std::string>(Unexpected<std::string>(text.error()));
    if (!done) break;
  }
  if (done) done = teacher.finish();
  if (done && teacher.refused() > 0) {
    done = Unexpected<std::string>(
        "postern-learner refuses to hear of " + report::escape(options.user) +
        ": run this as root, or name the user that runs it in learner.senders");
  }
  std::printf("%zu of %zu messages taught as %s of %s\n", teacher.taught(), files->size(),
              training::to_word(kind).data(), report::escape(options.user).c_str());
  return done ? 0 : fail(done.error());
}

}  // namespace

int learn_spam(const LearnOptions& options) {
  return teach(options, training::Kind::spam);
}

int learn_ham(const LearnOptions& options) {
  return teach(options, training::Kind::ham);
}

}  // namespace postern::cli
