// The protocol of Redis, by hiredis: commands as octets, and octets as replies.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

struct redisReader;

namespace postern::io::redis {

struct Reply {
  enum class Kind { nil, status, error, integer, string, array };
  Kind kind = Kind::nil;
  std::string text;  ///< Of status, error, and string.
  std::int64_t integer = 0;
  std::vector<Reply> elements;  ///< Of an array.

  [[nodiscard]] bool is_error() const { return kind == Kind::error; }
};

using Command = std::vector<std::string>;

/// Appends a command to what will be sent.
void append_command(std::string& octets, const Command& command);

/// Makes replies of octets that come in pieces.
class ReplyReader {
 public:
  /// Octets of one reply; more is no answer of ours.
  static constexpr std::size_t max_octets = std::size_t{64} << 20;

  ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;
  ~ReplyReader();

  /// \return An error when it cannot be a reply; the reader is of no use then.
  [[nodiscard]] Expected<void, std::string> feed(std::string_view octets);
  /// The next reply; nullopt: more octets are needed.
  [[nodiscard]] Expected<std::optional<Reply>, std::string> next();
  /// Whether nothing is left behind the last reply.
  [[nodiscard]] bool is_empty() const;

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, Free> reader_;
  std::size_t fed_ = 0;  // since there was nothing left to read
};

}  // namespace postern::io::redis
