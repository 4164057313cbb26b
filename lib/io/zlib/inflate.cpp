#include "lib/io/zlib/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace postern::io {
namespace {

using archive::Inflated;

// One open stream.
class Stream {
 public:
  explicit Stream(int window_bits) {
    if (inflateInit2(&stream_, window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { inflateEnd(&stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Unpacks what fits into `out`, and takes what it reads off `in`.
  int step(std::string_view& in, char* out, std::size_t size, std::size_t& written) {
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    stream_.next_in = reinterpret_cast<z_const Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(std::min(in.size(), most));
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(size);
    const uInt before = stream_.avail_in;
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    in.remove_prefix(before - stream_.avail_in);
    written = size - stream_.avail_out;
    return status;
  }

 private:
  z_stream stream_{};
};

archive::Inflated unpack(int window_bits, std::string_view packed, std::size_t max_size) {
  Stream stream(window_bits);
  Inflated result;
  std::string_view rest = packed;
  std::array<char, 16'384> buffer{};
  while (true) {
    // One octet more than is wanted tells whether there is more.
    const std::size_t room = std::min(buffer.size() - 1, max_size - result.content.size()) + 1;
    std::size_t written = 0;
    const int status = stream.step(rest, buffer.data(), room, written);
    const std::size_t kept = std::min(written, max_size - result.content.size());
    result.content.append(buffer.data(), kept);
    result.consumed = packed.size() - rest.size();
    if (kept < written) {
      result.end = Inflated::End::full;
    } else if (status == Z_STREAM_END) {
      result.end = Inflated::End::whole;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      result.end = Inflated::End::corrupt;
    } else if (rest.empty() && written < room) {
      result.end = Inflated::End::truncated;
    } else {
      continue;
    }
    return result;
  }
}

}  // namespace

archive::Inflated inflate(std::string_view packed, std::size_t max_size) {
  constexpr int raw = -MAX_WBITS;
  return unpack(raw, packed, max_size);
}

archive::Inflated inflate_zlib(std::string_view packed, std::size_t max_size) {
  return unpack(MAX_WBITS, packed, max_size);
}

}  // namespace postern::io
