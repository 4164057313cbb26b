// A configuration of Postfix for tests: a folder with a main.cf of its own.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace postern::io {

class PostfixFolder {
 public:
  explicit PostfixFolder(const std::string& main_cf) {
    std::string name = std::filesystem::temp_directory_path() / "postern-XXXXXX";
    path_ = ::mkdtemp(name.data());
    write_main_cf(main_cf);
    write("master.cf", "");
  }
  PostfixFolder(const PostfixFolder&) = delete;
  PostfixFolder& operator=(const PostfixFolder&) = delete;
  ~PostfixFolder() { std::filesystem::remove_all(path_); }

  /// As written long ago: Postfix's programs wait up to two seconds until a file that changes is
  /// finished.
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    std::filesystem::last_write_time(
        path_ / name, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }
  void write_main_cf(const std::string& text) const {
    write("main.cf", "compatibility_level = 3.6\nmyhostname = mx.example.org\n" + text);
  }
  [[nodiscard]] std::string path(const std::string& name = "") const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline bool has_postmap() {
  const bool there = ::access("/usr/sbin/postmap", X_OK) == 0;
  if (!there) std::printf("skipped: no postmap here\n");
  return there;
}

}  // namespace postern::io
