// What is printed, and kept in a file as well.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "lib/base/result.hpp"

namespace postern::cli {

inline constexpr const char* usual_setup_log = "/var/log/postern-setup.log";

class Transcript {
 public:
  /// \param file  Appended to; only root can read it.
  [[nodiscard]] static Expected<Transcript, std::string> open(const std::string& file);

  /// Prints lines; `text` ends with a line end or gets one.
  void say(const std::string& text);
  /// The same for errors, with "postern: " in front. \return The exit status for it, 1.
  int fail(const std::string& problem);
  /// Asks a question that is answered by yes or no.
  [[nodiscard]] bool ask(const std::string& question);

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  void keep(const std::string& text);
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace postern::cli
