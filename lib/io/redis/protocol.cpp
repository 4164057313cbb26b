#include "lib/io/redis/protocol.hpp"

#include <hiredis/hiredis.h>

#include "lib/io/handle.hpp"

namespace postern::io::redis {
namespace {

constexpr unsigned max_nesting = 3;  // SCAN has arrays in arrays; nothing of ours has more

Reply converted(const redisReply& reply, unsigned nesting) {
  Reply result;
  switch (reply.type) {
    case REDIS_REPLY_STATUS: result.kind = Reply::Kind::status; break;
    case REDIS_REPLY_ERROR: result.kind = Reply::Kind::error; break;
    case REDIS_REPLY_STRING: result.kind = Reply::Kind::string; break;
    case REDIS_REPLY_INTEGER:
      result.kind = Reply::Kind::integer;
      result.integer = reply.integer;
      return result;
    case REDIS_REPLY_ARRAY:
      result.kind = Reply::Kind::array;
      for (std::size_t i = 0; nesting < max_nesting && i < reply.elements; ++i) {
        result.elements.push_back(converted(*reply.element[i], nesting + 1));
      }
      return result;
    default: return result;
  }
  result.text.assign(reply.str, reply.len);
  return result;
}

}  // namespace

void append_command(std::string& octets, const Command& command) {
  std::vector<const char*> parts;
  std::vector<std::size_t> sizes;
  for (const std::string& part : command) {
    parts.push_back(part.data());
    sizes.push_back(part.size());
  }
  char* text = nullptr;
  // An int in hiredis 0.14, and a long long in 1.x.
  const auto size =
      redisFormatCommandArgv(&text, static_cast<int>(parts.size()), parts.data(), sizes.data());
  if (size < 0) return;  // no memory
  octets.append(text, static_cast<std::size_t>(size));
  redisFreeCommand(text);
}

void ReplyReader::Free::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

ReplyReader::ReplyReader() : reader_(redisReaderCreate()) {}
ReplyReader::~ReplyReader() = default;

Expected<void, std::string> ReplyReader::feed(std::string_view octets) {
  fed_ += octets.size();
  if (fed_ > max_octets) return Unexpected<std::string>("it answers without end");
  if (reader_ == nullptr ||
      redisReaderFeed(reader_.get(), octets.data(), octets.size()) != REDIS_OK) {
    return Unexpected<std::string>("its answer cannot be read");
  }
  return {};
}

Expected<std::optional<Reply>, std::string> ReplyReader::next() {
  void* reply = nullptr;
  if (reader_ == nullptr || redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
    return Unexpected<std::string>("it does not speak the protocol of redis");
  }
  if (reply == nullptr) return std::optional<Reply>();
  fed_ = 0;
  const CHandle<redisReply, freeReplyObject> owner(static_cast<redisReply*>(reply));
  return std::optional<Reply>(converted(*owner, 0));
}

bool ReplyReader::is_empty() const {
  return reader_ != nullptr && reader_->pos == reader_->len;
}

}  // namespace postern::io::redis
