#include "lib/mail/limits.hpp"

namespace postern::mail {

std::string_view to_text(Limit limit) {
  switch (limit) {
    case Limit::header_fields: return "header_fields";
    case Limit::header_size: return "header_size";
    case Limit::part_fields: return "part_fields";
    case Limit::depth: return "depth";
    case Limit::parts: return "parts";
    case Limit::boundary_size: return "boundary_size";
    case Limit::parameters: return "parameters";
    case Limit::parameter_size: return "parameter_size";
    case Limit::addresses: return "addresses";
    case Limit::member_tokens: return "member_tokens";
    case Limit::decoded_text: return "decoded_text";
    case Limit::ambiguous_boundaries: return "ambiguous_boundaries";
  }
  return "";
}

}  // namespace postern::mail
