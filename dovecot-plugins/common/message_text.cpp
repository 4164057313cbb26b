#include "dovecot-plugins/common/dovecot.hpp"

#include "dovecot-plugins/common/message_text.hpp"

#include "lib/training/line_ends.hpp"

namespace postern::dovecot {

// The stream is the mail's.
Expected<MessageText, std::string> read_message(mail* mail, std::uint64_t max_size) {
  istream* stream = nullptr;
  if (mail_get_stream_because(mail, nullptr, nullptr, "postern", &stream) < 0) {
    return Unexpected<std::string>("a message cannot be read");
  }
  MessageText text;
  training::LineEnds line_ends;
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  i_stream_seek(stream, 0);
  while (text.octets.size() <= max_size && i_stream_read_more(stream, &data, &size) > 0) {
    line_ends.add({reinterpret_cast<const char*>(data), size}, text.octets);
    i_stream_skip(stream, size);
  }
  if (stream->stream_errno != 0) return Unexpected<std::string>("a message cannot be read");
  line_ends.end(text.octets);
  text.is_cut = text.octets.size() > max_size;
  if (text.is_cut) text.octets.resize(max_size);
  return text;
}

}  // namespace postern::dovecot
