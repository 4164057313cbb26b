#include "lib/checks/content.hpp"

#include <array>

namespace postern::checks {
namespace {

// Beyond them parts are not told apart. Ordinary mail is far below.
constexpr std::array structural_limits = {
    mail::Limit::depth,       mail::Limit::parts,         mail::Limit::part_fields,
    mail::Limit::header_size, mail::Limit::boundary_size, mail::Limit::ambiguous_boundaries};

}  // namespace

const mail::MimeTree& Content::tree() {
  if (!tree_) {
    mail::Message message;
    message.header = header_;
    message.body = body_;
    tree_ = mail::parse_mime(message, limits_);
  }
  return *tree_;
}

const std::vector<mail::Attachment>& Content::attachments() {
  if (!attachments_) attachments_ = mail::attachments(tree());
  return *attachments_;
}

std::vector<std::string> Content::hiding_limits() {
  std::vector<std::string> hit;
  if (is_cut_) hit.emplace_back("limits.body_size");
  for (const mail::Limit limit : structural_limits) {
    if (tree().limits.contains(limit)) hit.push_back("mime." + std::string(to_text(limit)));
  }
  return hit;
}

}  // namespace postern::checks
