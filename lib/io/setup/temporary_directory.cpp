#include "lib/io/setup/temporary_directory.hpp"

#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp

#include <filesystem>

namespace postern::io {

std::unique_ptr<TemporaryDirectory> TemporaryDirectory::make() {
  std::string name = "/tmp/postern-setup.XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) return nullptr;
  return std::unique_ptr<TemporaryDirectory>(new TemporaryDirectory(name));
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace postern::io
