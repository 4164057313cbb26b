#include "cli/transcript.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "lib/base/ascii.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/keyring/key.hpp"

namespace postern::cli {

Expected<Transcript, std::string> Transcript::open(const std::string& file) {
  const int number =
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (number < 0) {
    return Unexpected<std::string>(file + ": " + std::generic_category().message(errno));
  }
  Transcript transcript;
  transcript.file_.reset(::fdopen(number, "a"));
  transcript.keep("\n== " + keyring::format_date(io::seconds_since_epoch()) + "\n");
  return transcript;
}

void Transcript::keep(const std::string& text) {
  if (!file_) return;
  std::fputs(text.c_str(), file_.get());
  std::fflush(file_.get());
}

void Transcript::say(const std::string& text) {
  const std::string whole = text.ends_with('\n') ? text : text + "\n";
  std::fputs(whole.c_str(), stdout);
  std::fflush(stdout);
  keep(whole);
}

int Transcript::fail(const std::string& problem) {
  const std::string line = "postern: " + problem + "\n";
  std::fputs(line.c_str(), stderr);
  keep(line);
  return 1;
}

bool Transcript::ask(const std::string& question) {
  std::printf("%s [y/N] ", question.c_str());
  std::fflush(stdout);
  char answer[16] = "";
  const bool is_given = std::fgets(answer, sizeof answer, stdin) != nullptr;
  if (!is_given) std::fputs("\n", stdout);
  const bool is_yes = is_given && (ascii::trim(answer) == "y" || ascii::trim(answer) == "yes");
  keep(question + (is_yes ? " yes\n" : " no\n"));
  return is_yes;
}

}  // namespace postern::cli
