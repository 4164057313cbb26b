#include "tests/oracles/gmime_reader.hpp"

#include <algorithm>
#include <memory>

#include <gmime/gmime.h>

#include "lib/base/ascii.hpp"
#include "lib/mail/header_section.hpp"

namespace postern::oracle {
namespace {

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
template <typename T>
using Owned = std::unique_ptr<T, Unref>;

std::string to_string(const char* text) {
  return text != nullptr ? text : "";
}

std::string content_of(GMimePart* part) {
  GMimeDataWrapper* wrapper = g_mime_part_get_content(part);
  if (wrapper == nullptr) return {};
  const Owned<GMimeStream> stream(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(wrapper, stream.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

// The tests nest a few levels only, so this may recurse.
void add_parts(GMimeObject* object, unsigned depth, std::vector<PartOutline>& parts) {
  if (object == nullptr) return;
  GMimeContentType* type = g_mime_object_get_content_type(object);
  PartOutline part;
  part.depth = depth;
  part.type = ascii::to_lower(to_string(g_mime_content_type_get_media_type(type)) + "/" +
                              to_string(g_mime_content_type_get_media_subtype(type)));
  if (GMIME_IS_PART(object)) {
    part.content = content_of(GMIME_PART(object));
    part.file_name = to_string(g_mime_part_get_filename(GMIME_PART(object)));
  }
  parts.push_back(std::move(part));
  if (GMIME_IS_MULTIPART(object)) {
    GMimeMultipart* multipart = GMIME_MULTIPART(object);
    for (int i = 0; i < g_mime_multipart_get_count(multipart); ++i) {
      add_parts(g_mime_multipart_get_part(multipart, i), depth + 1, parts);
    }
  } else if (GMIME_IS_MESSAGE_PART(object)) {
    GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    if (inner != nullptr) add_parts(g_mime_message_get_mime_part(inner), depth + 1, parts);
  }
}

// GMime gives the Content-* fields to the part and the others to the message.
void add_fields(GMimeObject* object, Outline& outline) {
  GMimeHeaderList* headers = g_mime_object_get_header_list(object);
  for (int i = 0; i < g_mime_header_list_get_count(headers); ++i) {
    GMimeHeader* header = g_mime_header_list_get_header_at(headers, i);
    outline.fields.emplace_back(ascii::to_lower(to_string(g_mime_header_get_name(header))),
                                mail::unfold(to_string(g_mime_header_get_raw_value(header))));
  }
}

void add_addresses(InternetAddressList* list, std::vector<std::string>& addresses) {
  for (int i = 0; i < internet_address_list_length(list); ++i) {
    InternetAddress* address = internet_address_list_get_address(list, i);
    if (INTERNET_ADDRESS_IS_MAILBOX(address)) {
      addresses.push_back(
          to_string(internet_address_get_name(address)) + "|" +
          to_string(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address))));
    } else {
      add_addresses(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)), addresses);
    }
  }
}

}  // namespace

Outline read_with_gmime(const std::string& text) {
  static const bool is_ready = [] {
    g_mime_init();
    return true;
  }();
  (void)is_ready;
  const Owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(text.data(), text.size()));
  const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  const Owned<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), nullptr));
  Outline outline;
  if (!message) return outline;
  GMimeObject* root = g_mime_message_get_mime_part(message.get());
  add_fields(GMIME_OBJECT(message.get()), outline);
  if (root != nullptr) add_fields(root, outline);
  std::sort(outline.fields.begin(), outline.fields.end());
  outline.subject = to_string(g_mime_message_get_subject(message.get()));
  add_addresses(g_mime_message_get_to(message.get()), outline.addresses);
  std::sort(outline.addresses.begin(), outline.addresses.end());
  GDateTime* date = g_mime_message_get_date(message.get());
  if (date != nullptr) outline.date = g_date_time_to_unix(date);
  add_parts(root, 0, outline.parts);
  return outline;
}

bool is_gmime_at_least(unsigned major, unsigned minor, unsigned micro) {
  return GMIME_CHECK_VERSION(major, minor, micro);
}

}  // namespace postern::oracle
