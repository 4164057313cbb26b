// Socketmap: the same netstrings whatever the pieces; replies are one netstring of one line.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support.hpp"
#include "lib/socketmap/message.hpp"
#include "lib/socketmap/netstring.hpp"

namespace {

using namespace postern;
using fuzz::require;

struct Stream {
  std::vector<std::string> contents;
  bool failed = false;

  bool operator==(const Stream&) const = default;
};

Stream read(std::string_view bytes, std::size_t piece, std::size_t limit) {
  socketmap::NetstringReader reader(limit);
  Stream stream;
  while (!bytes.empty()) {
    reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (auto content = reader.next()) stream.contents.push_back(std::move(*content));
  }
  stream.failed = reader.has_failed();
  return stream;
}

void check_stream(const std::string& bytes) {
  for (const std::size_t limit : {std::size_t{12}, socketmap::max_netstring_size}) {
    const Stream whole = read(bytes, bytes.size() + 1, limit);
    require(read(bytes, 1, limit) == whole);
    require(read(bytes, 3, limit) == whole);
    std::string again;
    for (const std::string& content : whole.contents) {
      require(content.size() <= limit);
      again += socketmap::format_netstring(content);
    }
    require(bytes.starts_with(again));  // each netstring has one spelling
  }
}

void check_message(const std::string& text) {
  const auto request = socketmap::parse_request(text);
  if (request) require(request->map + " " + request->key == text);
  for (int status = 0; status < 5; ++status) {
    const std::string content =
        socketmap::format({static_cast<socketmap::Reply::Status>(status), text});
    require(content.size() <= socketmap::max_netstring_size && content.find(' ') != content.npos);
    require(content.find_first_of(std::string("\r\n\0", 3)) == content.npos);
    const Stream stream = read(socketmap::format_netstring(content), 7, content.size());
    require(!stream.failed && stream.contents == std::vector<std::string>{content});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(fuzz::text_of(data, size));
  check_stream(input);
  check_stream(fuzz::in_letters(input, "0123:,a"));
  check_message(input);
  check_message(fuzz::in_letters(input, "am \r\n"));
  return 0;
}
