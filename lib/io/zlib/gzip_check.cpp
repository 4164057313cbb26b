#include "lib/io/zlib/gzip_check.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace postern::io {
namespace {

constexpr std::string_view magic = "\x1f\x8b";

class GzipStream {
 public:
  GzipStream() {
    constexpr int gzip_only = MAX_WBITS + 16;
    if (inflateInit2(&stream_, gzip_only) != Z_OK) throw std::bad_alloc();
  }
  ~GzipStream() { inflateEnd(&stream_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;
  GzipStream(GzipStream&&) = delete;
  GzipStream& operator=(GzipStream&&) = delete;

  // Takes what it reads off `in`. \return The status of zlib.
  int step(std::string_view& in) {
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    stream_.next_in = reinterpret_cast<z_const Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(std::min(in.size(), most));
    stream_.next_out = out_.data();
    stream_.avail_out = static_cast<uInt>(out_.size());
    const uInt before = stream_.avail_in;
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    in.remove_prefix(before - stream_.avail_in);
    written_ += out_.size() - stream_.avail_out;
    return status;
  }
  void begin_member() { inflateReset(&stream_); }
  [[nodiscard]] std::uint64_t written() const { return written_; }

 private:
  z_stream stream_{};
  std::array<Bytef, 32'768> out_{};
  std::uint64_t written_ = 0;
};

}  // namespace

GzipState check_gzip(std::string_view octets, std::uint64_t max_size,
                     std::chrono::milliseconds time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  GzipStream stream;
  while (true) {
    const int status = stream.step(octets);
    if (stream.written() > max_size || std::chrono::steady_clock::now() > deadline) {
      return GzipState::over_limit;
    }
    if (status == Z_STREAM_END) {
      if (!octets.starts_with(magic)) return GzipState::sound;
      stream.begin_member();
    } else if (status != Z_OK) {
      return GzipState::damaged;  // Z_BUF_ERROR: nothing is left, and it has not ended
    }
  }
}

}  // namespace postern::io
