#include "lib/io/accounts/password_input.hpp"

#include <fcntl.h>
#include <string.h>  // explicit_bzero
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {
namespace {

using Line = Expected<SecretLine, std::string>;

constexpr const char* terminal_file = "/dev/tty";
constexpr char interrupt = '\x03';
constexpr char end_of_input = '\x04';
constexpr char kill_line = '\x15';

Unexpected<std::string> refuse(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}

// One octet; false at the end, or when it cannot be read: then errno is not 0.
bool read_octet(int descriptor, char& c) {
  while (true) {
    errno = 0;
    const ssize_t got = ::read(descriptor, &c, 1);
    if (got == 1) return true;
    if (got == 0) errno = 0;
    if (got == 0 || errno != EINTR) return false;
  }
}

// Every key comes as it is typed, and none is shown, until this goes.
class SilentTerminal {
 public:
  explicit SilentTerminal(int descriptor) : descriptor_(descriptor) {
    silent_ = ::tcgetattr(descriptor_, &before_) == 0;
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG);
    now.c_cc[VMIN] = 1;
    now.c_cc[VTIME] = 0;
    silent_ = silent_ && ::tcsetattr(descriptor_, TCSAFLUSH, &now) == 0;
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;
  ~SilentTerminal() {
    if (silent_) ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
  }
  [[nodiscard]] bool is_silent() const { return silent_; }

 private:
  int descriptor_;
  termios before_{};
  bool silent_ = false;
};

void show(int terminal, const std::string& text) {
  (void)!::write(terminal, text.data(), text.size());
}

Line ask_once(int terminal, const std::string& prompt) {
  show(terminal, prompt);
  SecretLine line;
  char c = 0;
  while (read_octet(terminal, c) && c != '\n' && c != '\r' && c != end_of_input) {
    if (c == interrupt) {
      show(terminal, "\n");
      return refuse("interrupted; nothing was changed");
    }
    if (c == kill_line) line.clear();
    const bool is_back = c == '\b' || c == '\x7f';
    if (is_back) line.drop_last();
    if (c != kill_line && !is_back && !line.add(c)) return refuse("the password is too long");
  }
  show(terminal, "\n");
  return line;
}

}  // namespace

SecretLine::~SecretLine() {
  if (text_) ::explicit_bzero(text_->data(), text_->size());
}

bool SecretLine::add(char c) {
  if (size_ == text_->size()) return false;
  (*text_)[size_++] = c;
  return true;
}

// A character of UTF-8 goes as a whole.
void SecretLine::drop_last() {
  const auto is_continuation = [&] {
    return size_ > 0 && (static_cast<unsigned char>((*text_)[size_]) & 0xc0U) == 0x80U;
  };
  if (size_ > 0) --size_;
  while (is_continuation()) --size_;
}

Expected<SecretLine, std::string> read_password_file(const std::string& file) {
  const std::string name = file == "-" ? "standard input" : file;
  FileDescriptor opened;
  if (file != "-") opened = FileDescriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (file != "-" && !opened) return refuse(name + ": " + std::generic_category().message(errno));
  const int descriptor = opened ? opened.get() : STDIN_FILENO;
  SecretLine line;
  char c = 0;
  while (read_octet(descriptor, c) && c != '\n') {
    if (!line.add(c)) return refuse(name + ": the line is too long for a password");
  }
  if (errno != 0) return refuse(name + ": " + std::generic_category().message(errno));
  if (line.view().ends_with('\r')) line.drop_last();
  if (read_octet(descriptor, c)) {
    return refuse(name + ": has more than one line; the password is to stand there alone");
  }
  return line;
}

Expected<SecretLine, std::string> ask_password(const std::string& what) {
  const FileDescriptor terminal(::open(terminal_file, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal) {
    return refuse(
        "there is no terminal to ask for a password; give --password-file FILE, "
        "--password-file - for standard input, or --generate");
  }
  const SilentTerminal silence(terminal.get());
  if (!silence.is_silent()) return refuse("the terminal shows what is typed; use --password-file");
  Line first = ask_once(terminal.get(), "Password for " + what + ": ");
  if (!first) return first;
  const Line second = ask_once(terminal.get(), "Once more: ");
  if (!second) return refuse(second.error());
  if (first->view() != second->view()) return refuse("the two were not the same; begin anew");
  return first;
}

}  // namespace postern::io
