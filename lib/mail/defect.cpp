#include "lib/mail/defect.hpp"

namespace postern::mail {

std::string_view to_text(Defect defect) {
  switch (defect) {
    case Defect::mbox_line: return "mbox line before the header";
    case Defect::leading_blank: return "header begins with white space";
    case Defect::not_a_field: return "header ended by a line that is no field";
    case Defect::blank_before_colon: return "white space before the colon of a field";
    case Defect::nul: return "NUL";
    case Defect::control: return "control character";
    case Defect::bare_newline: return "line end inside a field";
    case Defect::eight_bit: return "UTF-8 outside encoded-words";
    case Defect::invalid_utf8: return "octets that are no UTF-8";
    case Defect::empty_member: return "empty list member";
    case Defect::blank_in_address: return "white space or comment inside an address";
    case Defect::odd_local_part: return "misplaced dot in a local part";
    case Defect::odd_phrase: return "display name without its quotes";
    case Defect::address_as_name: return "unquoted address as display name";
    case Defect::source_route: return "source route";
    case Defect::unclosed: return "bracket or quote that never ends";
    case Defect::ambiguous: return "two fields or parameters that contradict";
    case Defect::bad_content_type: return "unreadable Content-Type";
    case Defect::bad_parameter: return "unreadable parameter";
    case Defect::duplicate_parameter: return "parameter given twice";
    case Defect::missing_boundary: return "multipart without boundary";
    case Defect::empty_boundary: return "multipart with an empty boundary";
    case Defect::missing_end: return "multipart without end";
    case Defect::no_part: return "multipart without parts";
    case Defect::after_end: return "part after the end of a multipart";
    case Defect::near_boundary: return "line that begins like a boundary";
    case Defect::unknown_encoding: return "unknown transfer encoding";
    case Defect::encoded_container: return "multipart or message with a transfer encoding";
  }
  return "";
}

}  // namespace postern::mail
