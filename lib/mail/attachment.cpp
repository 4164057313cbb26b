#include "lib/mail/attachment.hpp"

#include <utility>

namespace postern::mail {
namespace {

// A message or multipart that was left whole may hold anything.
bool is_attached(const Part& part) {
  if (part.is_container) return false;
  return part.is_attachment || part.content_type.is_multipart() || part.content_type.is_message();
}

}  // namespace

std::vector<Attachment> attachments(const MimeTree& tree) {
  std::vector<Attachment> found;
  for (std::size_t i = 0; i < tree.parts.size(); ++i) {
    const Part& part = tree.parts[i];
    if (!is_attached(part)) continue;
    Attachment attachment;
    attachment.content = decode_body(part);
    if (attachment.content.empty()) continue;
    attachment.part = i;
    attachment.media_type = part.content_type.type + "/" + part.content_type.subtype;
    for (const std::string* name : {&part.file_name, &part.other_file_name}) {
      if (!name->empty()) attachment.names.push_back(*name);
    }
    found.push_back(std::move(attachment));
  }
  return found;
}

}  // namespace postern::mail
