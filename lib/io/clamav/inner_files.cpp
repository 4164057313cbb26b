#include "lib/io/clamav/inner_files.hpp"

namespace postern::io {

bool InnerFiles::meet(const MetFile& met) {
  if (met.depth == 0) is_message_ = met.type == "CL_TYPE_MAIL";
  if (met.depth != 1 || !is_message_) return false;
  for (InnerFile& file : files_) {
    const bool is_of_interest = file.is_clean || !file.is_met;
    if (!is_of_interest || !is_same(met.octets, file.octets)) continue;
    file.is_met = true;
    if (file.is_clean) return true;
  }
  return false;
}

bool InnerFiles::is_same(std::string_view octets, std::string_view others) {
  if (octets.size() != others.size() || octets_left_ < octets.size()) return false;
  octets_left_ -= octets.size();
  return octets == others;
}

}  // namespace postern::io
