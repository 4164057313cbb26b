// "postern learn export" and "import": the ledger and the messages kept as one file.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <set>

#include "cli/learn_options.hpp"
#include "cli/learn_support.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "lib/io/training/learner_directory.hpp"
#include "lib/training/digest.hpp"
#include "lib/training/dump.hpp"

namespace postern::cli {
namespace {

using training::DumpLine;

constexpr std::uint64_t max_message = 1ULL << 32U;

using Stream = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

// Standard streams are not closed, so that main() can still say something.
int leave_open(std::FILE* stream) {
  return std::fflush(stream);
}

Stream open_for_writing(const std::string& name) {
  if (name == "-") return {stdout, leave_open};
  const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  return {file < 0 ? nullptr : ::fdopen(file, "w"), std::fclose};
}

Stream open_for_reading(const std::string& name) {
  if (name == "-") return {stdin, leave_open};
  return {std::fopen(name.c_str(), "re"), std::fclose};
}

bool write_text(std::FILE* file, std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), file) == text.size();
}

// Writes all entries; counts them.
class Exporter {
 public:
  Exporter(OpenSite& open, std::FILE* file) : open_(open), file_(file) {}

  [[nodiscard]] Expected<void, std::string> run(const std::string& user) {
    write(std::string(training::dump_version) + "\n");
    const auto directory = io::LearnerDirectory::open(open_.site->learner.directory, false);
    if (directory) {
      for (const std::string& path : directory->kept(user)) write_message(path, user);
    }
    const auto users = learners(*open_.store);
    if (!users) return Unexpected<std::string>(users.error());
    for (const training::UserEntry& entry : *users) {
      if (!user.empty() && entry.user != user) continue;
      auto written = write_ledger(entry.user);
      if (!written) return written;
    }
    write(format(DumpLine{DumpLine::Kind::end, messages_ + states_, {}}) + "\n");
    if (!good_) return Unexpected<std::string>("the file cannot be written");
    return {};
  }
  [[nodiscard]] std::size_t messages() const { return messages_; }
  [[nodiscard]] std::size_t states() const { return states_; }

 private:
  void write(std::string_view text) { good_ = good_ && write_text(file_, text); }

  // What goes meanwhile is left out.
  void write_message(const std::string& path, const std::string& user) {
    auto text = io::read_file(path, max_message);
    auto parts = text ? io::parse_training_file(std::move(*text))
                      : Expected<io::TrainingFile, std::string>(Unexpected<std::string>(""));
    if (!parts) return;
    auto event = training::parse_event(parts->line);
    if (!event || event->hash.empty() || (!user.empty() && event->user != user)) return;
    written_.insert(event->user + "\n" + event->hash);
    write(format(DumpLine{DumpLine::Kind::message, parts->message.size(), *event}) + "\n");
    write(parts->message);
    write("\n");
    ++messages_;
  }

  Expected<void, std::string> write_ledger(const std::string& user) {
    const std::string prefix = training::user_keys(training::message_prefix, user);
    return for_each_item(*open_.store, prefix, [&](const store::Item& item) {
      const auto state = training::parse_state(item.value);
      training::Event event;
      event.user = user;
      event.hash = item.key.substr(prefix.size());
      if (!state || state->kind == training::Kind::none) return;
      if (written_.contains(event.user + "\n" + event.hash)) return;
      event.id = training::import_id(event.hash);
      event.kind = state->kind;
      event.time = state->time;
      const DumpLine line{DumpLine::Kind::ledger, 0, event};
      if (!training::parse_dump_line(format(line))) return;
      write(format(line) + "\n");
      ++states_;
    });
  }

  OpenSite& open_;
  std::FILE* file_;
  std::set<std::string> written_;
  std::size_t messages_ = 0;
  std::size_t states_ = 0;
  bool good_ = true;
};

// Reads entries, and counts each as an event that comes now. An error names the line.
class Importer {
 public:
  Importer(OpenSite& open, const io::LearnerDirectory& directory, std::FILE* file)
      : open_(open), directory_(directory), file_(file) {}

  [[nodiscard]] Expected<void, std::string> run() {
    const auto first = read_line();
    if (first && first->starts_with("v\t")) {
      return problem(
          "is a backup of sa-learn, whose words are hashed: there is no classifier yet that could "
          "use them. Teach the messages themselves: postern learn spam|ham");
    }
    if (first != training::dump_version) return problem("is no export of postern learn");
    while (true) {
      const auto text = read_line();
      if (!text) return problem("the end is missing: the file is cut");
      const auto line = training::parse_dump_line(*text);
      if (!line) return problem(std::string(line.error().problem));
      if (line->kind == DumpLine::Kind::end) {
        return line->number == entries_ ? Expected<void, std::string>()
                                        : problem("has another number of entries");
      }
      auto added = add(*line);
      if (!added) return added;
      ++entries_;
    }
  }
  [[nodiscard]] std::size_t entries() const { return entries_; }
  [[nodiscard]] std::size_t news() const { return news_; }

 private:
  [[nodiscard]] Unexpected<std::string> problem(const std::string& what) const {
    return Unexpected<std::string>("line " + std::to_string(line_) + ": " + what);
  }

  std::optional<std::string> read_line() {
    ++line_;
    std::string text;
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
      if (c == '\n') return text;
      text += static_cast<char>(c);
      if (text.size() > 2 * training::max_event_size) break;
    }
    return std::nullopt;
  }

  Expected<void, std::string> add(const DumpLine& line) {
    if (line.kind == DumpLine::Kind::ledger) {
      const auto outcome = count(line.event);
      return outcome ? Expected<void, std::string>() : problem(outcome.error());
    }
    auto text = read_message(line);
    if (!text) return Unexpected<std::string>(text.error());
    const auto outcome = count(line.event);
    if (!outcome) return problem(outcome.error());
    const auto& event = line.event;
    if (*outcome == training::Outcome::outdated || event.kind == training::Kind::none) return {};
    const auto stored = directory_.store(event.user, event.hash, format(event), *text);
    return stored ? stored : problem(stored.error());
  }

  Expected<std::string, std::string> read_message(const DumpLine& line) {
    if (line.number > open_.site->learner.max_message.bytes) {
      return problem("the message has more octets than learner.max_message");
    }
    std::string text(line.number, '\0');
    const bool is_whole = std::fread(text.data(), 1, text.size(), file_) == text.size();
    if (!is_whole || std::fgetc(file_) != '\n') return problem("the message is cut");
    if (training::digest_of(text, crypto_) != line.event.hash) {
      return problem("the message is not the one that its hash names");
    }
    return text;
  }

  // Takes an entry into the ledger. What the user has said later stays.
  Expected<training::Outcome, std::string> count(training::Event event) {
    event.id = training::import_id(event.hash);
    store::Known known;
    while (true) {
      store::Wants wants(known);
      const auto decision = training::evaluate(event, wants);
      const auto& operations = decision ? decision->writes : wants.missing();
      const auto results = cli::run(*open_.store, operations);
      if (!results) return Unexpected<std::string>(results.error());
      if (decision) {
        if (decision->is_news() && !decision->is_repeated) ++news_;
        return decision->outcome;
      }
      for (std::size_t i = 0; i < results->size(); ++i) known.add(operations[i], (*results)[i]);
    }
  }

  OpenSite& open_;
  const io::LearnerDirectory& directory_;
  std::FILE* file_;
  io::OpensslCrypto crypto_;
  std::size_t line_ = 0;  // lines of messages are not counted
  std::size_t entries_ = 0;
  std::size_t news_ = 0;
};

}  // namespace

int learn_export(const LearnOptions& options) {
  auto open = open_site(options.config_file);
  if (!open) return fail(open.error());
  const Stream file = open_for_writing(options.file);
  if (!file) return fail(options.file + ": cannot be made, or is there already");
  Exporter exporter(*open, file.get());
  auto done = exporter.run(options.user);
  if (done && std::fflush(file.get()) != 0) {
    done = Unexpected<std::string>("the file cannot be written");
  }
  if (!done) return fail(options.file + ": " + done.error());
  std::fprintf(stderr, "%zu messages kept, and %zu of which only the ledger knows\n",
               exporter.messages(), exporter.states());
  return 0;
}

int learn_import(const LearnOptions& options) {
  auto open = open_site(options.config_file);
  if (!open) return fail(open.error());
  const auto directory = io::LearnerDirectory::open(open->site->learner.directory, false);
  if (!directory) return fail(directory.error());
  const Stream file = open_for_reading(options.file);
  if (!file) return fail(options.file + ": cannot be opened");
  Importer importer(*open, *directory, file.get());
  const auto done = importer.run();
  std::printf("%zu entries read, %zu of them were news\n", importer.entries(), importer.news());
  return done ? 0 : fail(options.file + ": " + done.error());
}

}  // namespace postern::cli
