#include "lib/checks/mime_check.hpp"

#include <array>

#include "lib/mail/mime.hpp"

namespace postern::checks {
namespace {

struct MimeSettings {
  bool enabled = false;
};

using config::row;
constexpr std::array mime_table = {
    row<&MimeSettings::enabled>(
        "mime.enabled", "false",
        "Whether the structure of the body is looked at. It needs the memory of the "
        "whole message, and nothing is decided by it alone."),
};

// Adds "mime.NAME" for each name of a set of flags.
template <typename E>
void add_names(std::vector<std::string>& names, const mail::FlagSet<E>& flags) {
  constexpr std::string_view separator = ", ";
  const std::string text = flags.text();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    names.push_back("mime." + text.substr(at, end - at));
    at = end + separator.size();
  }
}

Progress run_mime(Context& context, const MimeSettings& /*settings*/, Memory& /*memory*/) {
  const mail::MimeTree& tree = context.content->tree();
  add_names(context.findings.limits, tree.limits);
  add_names(context.findings.defects, tree.defects);
  return {true, {}};
}

}  // namespace

constinit const Check mime_check = make_check<run_mime, mime_table, MimeSettings>(
    "mime", Stage::body, true,
    "Is the structure of the message sound, and within limits? (RFC 2045)");

}  // namespace postern::checks
